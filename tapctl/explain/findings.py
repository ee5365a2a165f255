"""What each finding means that is neither a lint rule nor a brake: its id → a sentence or two, for `explain`.

A finding itself says where, what is wrong with which value, and what to do; here stands why there is such a
finding at all. tests/test_explain.py keeps this and the code together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

READING: Final[Mapping[str, str]] = {
    "broken-sign-in-test": (
        "A sign-in test says something that cannot be asked, so it proves nothing. It counts as failed "
        "until it is mended; the others run."
    ),
    "duplicate-key": (
        "A mapping has one property twice. YAML readers keep one of the two, and not all the same."
    ),
    "file-too-large": "A file is larger than any document needs to be, and is not read.",
    "key-not-text": "A property's name is a number, a date or the like. Graph's are texts.",
    "link-not-followed": "A link leads to a folder or out of the workspace. Nothing outside of it is read.",
    "merge-key": "`<<` merges mappings in some YAML readers only, so it is not used here.",
    "no-result": (
        "An error ended the run before it had a result. Code scanning is told so: a run without any "
        "finding would look as if all were well."
    ),
    "not-a-mapping": "Where properties are expected, something else stands.",
    "not-a-sign-in-test": (
        "The folder tests/ is for sign-in tests. Another document there would not be applied."
    ),
    "number-out-of-range": "A number is larger than JSON readers agree on.",
    "recursive-alias": "An alias stands inside of what it repeats.",
    "too-many-aliases": "Aliases would blow the file up to more than is read.",
    "too-many-files": "The folder holds more files than are read. Part of it would be overlooked.",
    "too-many-mistakes": "A file has more mistakes than are shown. It is probably no document of tapctl's.",
    "unknown-alias": "An alias names an anchor that the file does not have.",
    "unreadable-file": "The system does not let the file be read.",
    "workspace-too-large": "Variables or aliases blow the workspace up to more than is read.",
    "yaml-encoding": "The file is not text in UTF-8 or UTF-16.",
    "yaml-syntax": "The file is not YAML.",
    "yaml-tag": "YAML tags can stand for anything, so none is used here.",
    "yaml-too-deep": "The file is nested deeper than any document is.",
}
"""Of reading files."""

WORKSPACE: Final[Mapping[str, str]] = {
    "bad-name": "A name holds what no name may hold, or nothing.",
    "bad-pin": "A pin is `Kind/Name: id`; something else ties nothing down.",
    "bad-variable-name": "A variable's name has to be one that `${name}` can hold.",
    "cap-user-action": (
        "The environment caps policies at report-only, which does not evaluate user actions: there this "
        "policy does nothing."
    ),
    "cannot-be-absent": "What a tenant has one of can be turned off, and not removed.",
    "former-name-claimed-twice": (
        "Two documents say they had the same name. Only one of them can be that object."
    ),
    "former-name-declared": "A former name is the name of another document, which is another object.",
    "malformed-variable": (
        "`${` begins a variable and has to end with `}`; `$${` writes the characters themselves."
    ),
    "more-than-one": "A setting that is one thing is said several times.",
    "name-on-singleton": "A tenant has one of this kind, so its document has no name.",
    "override-matches-nothing": (
        "An environment overrides a document that is not there: a misspelt name would leave the policy as "
        "it is elsewhere."
    ),
    "ownership-refused": "Deleting whatever no document declares is refused for this kind.",
    "owns-everything": (
        "A pattern of ownership matches every name: whatever nobody declared would be deleted."
    ),
    "singleton-claimed-twice": "A tenant has one of this kind, and two documents declare it.",
    "state-capped": "The environment caps the state of policies, so this one is not what its document says.",
    "unknown-environment": "An environment is named that has no file.",
    "unknown-kind": "No kind is called that.",
    "unknown-variable": (
        "The environment does not set this variable. Taken for empty, a list could lose its members."
    ),
    "variable-in-text": "A list or mapping cannot stand in the middle of a text.",
    "variable-in-variable": "A variable's value holds another variable, which is not looked up.",
}
"""Of the workspace: settings, environments, names."""

DOCUMENTS: Final[Mapping[str, str]] = {
    "blank-list": (
        "A list has nothing behind its name. Whether it is to be empty or to stay as it is, nobody knows."
    ),
    "block-with-others": "Block stands with other controls, which Graph refuses.",
    "break-glass-not-pinned": (
        "Anybody may make a group or user of the same name. A pin says which id is meant, so that an "
        "exclusion cannot be led to another object."
    ),
    "broken-reference": "A document names something that nothing declares and the tenant does not have.",
    "built-in-strength": "Microsoft made this strength, and nobody can change it.",
    "combination-not-allowed": "Graph takes no such combination of authentication methods.",
    "combination-restricted-twice": "Graph keeps one restriction for a combination of methods.",
    "duplicate-document": "Two documents have one name, so which of the two counts nobody knows.",
    "dynamic-group-members": "Who is in a dynamic group is what its rule finds. Members cannot be listed.",
    "dynamic-group-role": "A group that can hold roles cannot be dynamic.",
    "dynamic-group-rule": "A dynamic group needs a rule, and an assigned one has none.",
    "environments-collide": (
        "GitHub's environments NAME and NAME-plan hold who writes NAME and who reads it. Two environments of "
        "a folder that share one would let the reader of one tenant, whom nobody reviews, write another."
    ),
    "invalid": "The schema refuses the value.",
    "lifetimes-out-of-order": (
        "The default lifetime of a pass has to lie between the shortest and the longest."
    ),
    "listed-twice": "A list whose order means nothing names something twice.",
    "location-type": "A location is a list of ranges or a list of countries, and exactly one of the two.",
    "mfa-with-strength": "A strength takes the place of the mfa control. Graph refuses both in one policy.",
    "missing-property": "There is no safe guess for this property, so it has to be said.",
    "names-alike": "Two names differ in letter case or spaces only. To Graph they are two objects.",
    "newer-names-nothing": "`newer:` lists a property that the document does not have.",
    "out-of-range": "The service takes no such number.",
    "profile-admits-nothing": "Nobody can register a passkey by this profile: what it admits cannot attest.",
    "policy-without-applications": (
        "Graph refuses a policy that is about no application, user action or context."
    ),
    "policy-without-controls": "Graph refuses a policy that asks for nothing and limits no session.",
    "policy-without-users": "Graph refuses a policy that is about nobody.",
    "reference-cycle": "Documents refer to each other in a circle, so that none can be created first.",
    "service-owned": "The service sets this property itself. What a document says is ignored.",
    "sign-in-frequency": "A sign-in frequency needs a number of hours or days, or everyTime.",
    "target-not-a-user": "A target that is a user goes by the user's id: a name would be a group's.",
    "two-names": (
        "The document has a name and a displayName that differ. People see the displayName in the tenant."
    ),
    "unknown-property": (
        "No schema knows this property. If Graph has it already, list its path under `newer:`."
    ),
    "unknown-value": "No schema knows this value. If Graph has it already, list its path under `newer:`.",
    "wrong-format": "The value is not written as the service takes it.",
    "wrong-range": "An entry is no range of addresses (CIDR).",
    "wrong-type": "The value is a text where a list is expected, or the like.",
    "wrong-value": "The value cannot be what is meant here.",
}
"""Of single documents and those they refer to."""

LINTING: Final[Mapping[str, str]] = {
    "expired-ignore": (
        "An ignore of a lint rule has an end, and it has come: the rule speaks again. Mend what it hid, or "
        "say anew why it may stay."
    ),
    "facts-missing": (
        "Some lint rules need to know who is in which group, who holds a role and the like, which no folder"
        " says. --facts brings it, or a plan."
    ),
    "facts-not-read": (
        "The tenant did not show some of the facts that --facts asks for, mostly for want of a permission, "
        "which is said. What hangs on them is not known."
    ),
    "unknown-rule": "An ignore or a severity names no lint rule, so it does nothing.",
    "unused-ignore": "An ignore hides nothing any more. Left in, it would hide the next mistake.",
}
"""Of how lint rules are used."""

PLANNING: Final[Mapping[str, str]] = {
    "cannot-be-created": "Graph does not create such an object, or somebody else has to.",
    "cannot-change-in-place": (
        "Graph cannot change this in an object that is there. Write a document with a new name, and remove "
        "the old one after it."
    ),
    "claimed-twice": (
        "Two documents mean one object: by a pin, a name or a former name. What one makes of it, the other "
        "undoes or deletes."
    ),
    "comes-back-as-new": "What was deleted is gone for good, so undoing makes a new object with another id.",
    "gains-pass": (
        "Passes would be on for a group that they were not on for, or a group would bring members under "
        "them, or find them by another rule. Break-glass accounts among those who gain are named, and with "
        "`--facts` who holds a role: whoever makes a pass for somebody can sign in as them."
    ),
    "id-of-nothing": (
        "A document holds an id that the tenant does not know: a deleted object, or another tenant's. Who "
        "was excluded by it is not excluded any more."
    ),
    "kept-unknown": (
        "The tenant's object has a property that tapctl does not know. It is sent back as it was."
    ),
    "loses-method": (
        "Somebody would leave a group that a method is on for, or join one that it is off for. What they "
        "have of it, a pass included, does not work any more."
    ),
    "migration-not-complete": (
        "Until the migration of the methods policy is complete, the legacy policies may allow what a "
        "document turns off."
    ),
    "no-break-glass": (
        "Nobody is declared as break glass, so nothing would keep an apply from locking everybody out."
    ),
    "no-safe-order": (
        "In whatever order the changes are made, a break-glass account would not be excluded for a moment."
    ),
    "not-licensed": "The tenant has no licence for what a document asks for.",
    "not-read": "Something could not be read, so the plan shows or checks less. The permission is named.",
    "overwrites-later-changes": (
        "Somebody changed or deleted, after the apply that is undone, what that apply had changed. Or its "
        "record does not prove that it was that apply: Graph's answer was lost, and what is there now may be "
        "somebody else's. Undoing takes that back as well."
    ),
    "pin-renewed": "A pinned object was made again with another id, and its pin has to be that.",
    "pin-to-nothing": (
        "Nothing has the pinned id. What has the name, is all that the document says and is nobody else's is "
        "taken for it; where nothing of the name may be it, the document makes the object anew. The pin has "
        "to follow. Or the document says that the object goes, which it has."
    ),
    "pin-mismatch": (
        "The pinned id has another name in the tenant, or is not there: somebody renamed, deleted or "
        "replaced the object."
    ),
    "policies-not-read": (
        "Methods are declared, and whoever plans may not read the policies. Whether a change of methods "
        "keeps people out is not known then, and no brake says so."
    ),
    "renamed-in-tenant": (
        "The tenant has an object that is the same but for its name. Creating a second one is probably not "
        "what is meant."
    ),
    "security-defaults-on": "Security defaults and enabled policies exclude each other.",
    "service-managed": (
        "Microsoft or a directory on premises manages this object, so not all of it can be changed."
    ),
    "several-in-tenant": "The tenant has more than one object of that name. A pin says which is meant.",
    "still-used": "Something would be deleted that another object refers to.",
    "settings-loosened": (
        "A setting in tapctl.yaml or the environment's file stops less than in the revision of --base: a "
        "limit is raised, more is owned, a lint rule is turned down or off, a cap or a pin is gone, it is "
        "production no more. The same change is judged by the looser setting, so nothing else may say it."
    ),
    "settings-not-compared": (
        "A file of settings was not there in the revision of --base, or cannot be read as it was. Whether "
        "the change loosens a setting is not known then."
    ),
    "stops-enforcing": (
        "A policy that is enforced would be deleted, turned off or put in report-only. Whoever it stopped "
        "gets in, unless another policy stops them."
    ),
    "undo-another-object": "The name belongs to another object now than the one that apply wrote.",
    "undo-keeps-later-changes": (
        "Somebody changed the object after the apply that is undone, in what that apply had left alone."
    ),
    "undo-unknown": "The record does not say whether the object was created, so it is left alone.",
    "weak-method-on": (
        "Text messages, calls or codes by mail would be on for more, and policies that are enforced or in "
        "report-only accept them: by mfa, or by a strength that lists them."
    ),
    "weakens-enforced": (
        "A policy that stays enforced would ask for less, reach less or limit sessions less, a strength that "
        "one asks for would accept more, a location that one names would keep it from more places, or people "
        "would leave a group that one includes or join one that it excludes. That locks nobody out, so "
        "nothing stops it, but it opens what was shut."
    ),
}
"""Of the folder against the tenant."""

IMPORTING: Final[Mapping[str, str]] = {
    "adopt-by-hand": (
        "Something is gone, goes by another name, or is there without a document. What that means for the "
        "documents is for a person to decide, so `tapctl drift --adopt` writes nothing for it."
    ),
    "duplicate-property": "An exported object has one property twice, and not with the same value.",
    "edit-by-hand": (
        "The document is written in a way that cannot be changed without losing something: aliases, "
        "comments inside of brackets, a variable. Or what differs is said elsewhere: by an override or the "
        "cap of the environment, or by the document's `name`."
    ),
    "export-blank": "A list refers to somebody whose place is blank: nobody filled a template in.",
    "export-comment": "JSON has no comments. PowerShell reads them, and so does import.",
    "export-cut-off": "PowerShell cut the object off when it was exported, so part of it is missing.",
    "export-empty": "The file holds no objects.",
    "export-encoding": "The file is not text in a Unicode encoding.",
    "export-name": "A reference is no id. It is taken for the name of what it refers to.",
    "export-not-a-kind": "An object in the file is of no kind that can be imported.",
    "export-not-json": "The file is not JSON.",
    "export-placeholder": "The object holds a template's placeholder in the place of an id.",
    "export-skipped": "Files in the folder are not JSON by their names. Rename those that are to be read.",
    "export-state": (
        "A policy's state is none that Graph has. Its document is left without one, so that it is not sent "
        "before somebody says it."
    ),
    "export-template": "A template of Microsoft's says everything of a policy but its state.",
    "export-tool": "A tool wrote something of its own into the object. It is not sent to Graph.",
    "export-trailing-comma": "JSON has no comma before a closing bracket. It was read without it.",
    "export-twice": (
        "Two files hold the same object, and not alike. Of a strength inside policies the later counts."
    ),
    "export-unreadable": "The system does not let the file be read.",
    "export-unrolled": (
        "PowerShell writes a list of one as the entry alone, or a list with its count. It is taken as the "
        "list that Graph has."
    ),
    "export-word": "Where ids are expected stands a word that Graph may have by now. It is kept as it is.",
    "above-the-cap": (
        "The environment caps the state of policies, and the tenant has one above it. Applying the folder "
        "would lower what is in force there."
    ),
    "groups-not-asked-for": (
        "A tenant has many groups, and the folder owns few: one gets a document where --kind or --name asks."
    ),
    "ids-not-looked-up": (
        "An export does not say what its ids mean, so documents hold ids. Importing from the tenant gives "
        "names."
    ),
    "location-holds-nothing": (
        "An imported location holds no address range and no country: no document can say it."
    ),
    "method-not-a-kind": (
        "The tenant configures a method that tapctl has no kind for. It is left as it is, in no document."
    ),
    "namesakes": "Objects have one name. Once they are in a tenant, pins tell them apart.",
    "no-name": "The object has no name, so no document can be about it.",
    "unknown-version": "The file was written by another version of tapctl.",
}
"""Of importing, adopting and reading what tapctl wrote."""

DRIFT: Final[Mapping[str, str]] = {
    "drift-changed": "A property of a declared object is not as its document says.",
    "drift-missing": "A declared object is not in the tenant any more.",
    "drift-renamed": "A declared object has another name in the tenant.",
    "drift-unclear": "Which object of the tenant a document means cannot be told, nor what differs.",
    "drift-unwanted": (
        "The tenant has an object that a document says shall be absent, or that is owned and declared by "
        "none."
    ),
}
"""Of what differs from the files; what it means for safety has ids of its own."""

PASSES: Final[Mapping[str, str]] = {
    "clocks-differ": "The start is past by Graph's clock or by this machine's, and not by the other.",
    "disabled": "The account is disabled, so the pass opens nothing.",
    "excluded": "The pass policy excludes the person or a group that they are in, and an exclusion wins.",
    "external": "Graph adds no pass to a guest from another organisation.",
    "folder-unread": (
        "The folder has mistakes, so whether the pass opens anything once it is applied was not checked."
    ),
    "groups-on-demand": "The tenant has no PIM for Groups, so nobody is eligible for a group there.",
    "holds-pass": (
        "The person holds a pass that works. A new one replaces it, and what was handed over is worthless."
    ),
    "enabled-unread": "Graph does not say whether the account is enabled. Nobody could use its pass if not.",
    "groups-unread": (
        "Which groups hold the person could not be read. They decide who may have a pass, and who is "
        "privileged."
    ),
    "in-run": "Another run that is not finished is about this person. Two of them would make two passes.",
    "lifetime": "The pass policy allows no pass of that length.",
    "multi-use": "The pass policy allows one-time passes only.",
    "nothing-lasting": "With a pass, people could register nothing lasting but Windows Hello.",
    "out-of-scope": (
        "The pass policy does not reach the person: Graph may make the pass, and signing in with it fails."
    ),
    "pass-asks-more": (
        "A policy also asks whoever signs in with this pass for a control that another service answers. "
        "Nobody here can tell whether a new hire can answer it."
    ),
    "pass-may-open-nothing": (
        "Whether a policy lets this pass register anything cannot be told: it holds something that is newer "
        "than tapctl, or that could not be read. What cannot be told is not taken for open."
    ),
    "pass-opens-little": "Policies let this pass register a method in some places or on some devices only.",
    "pass-opens-nothing": "Policies keep whoever signs in with this pass from registering anything.",
    "pass-unread": "Whether the person holds a pass could not be read, and a new one would replace it.",
    "pass-will-open-nothing": (
        "Once the folder is applied, whoever signs in with this pass can register nothing."
    ),
    "place": "What is left to hand the pass over is not sure to reach this person.",
    "policies-not-asked": (
        "The policies could not be asked whether the pass opens anything: Graph says that some of what they "
        "are, or refer to, is not there. What cannot be read is not taken for open."
    ),
    "policies-unread": "The tenant's policies could not be read.",
    "policy-off": "The pass policy is turned off, so nobody can use a pass.",
    "privileged": (
        "The person holds a role, can activate one, owns or is in a group that can, or is a break-glass "
        "account: whoever sees the passcode has all that. To see who may join a role-assignable group (PIM "
        "for Groups), a person who issues needs Global Reader beside Authentication Administrator."
    ),
    "privileges-unread": "Whether the person holds a role could not be read.",
    "roster": "A line of the roster cannot be read.",
    "self": "Nobody may make a pass for themselves.",
    "start-past": "Graph refuses a pass that begins in the past.",
    "twice": "One person stands twice in the run. The second pass would replace the first.",
    "unknown-user": "The tenant has no such user.",
}
"""Of issuing passes."""

SECTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "Findings about files": READING,
    "Findings about the workspace": WORKSPACE,
    "Findings about documents": DOCUMENTS,
    "Findings about lint": LINTING,
    "Findings of a plan": PLANNING,
    "Findings of import": IMPORTING,
    "Findings of drift": DRIFT,
    "Findings about passes": PASSES,
}
