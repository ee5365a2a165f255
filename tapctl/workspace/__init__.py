"""Writing a user's folder: documents for what is in a tenant, and every edit of their YAML.

importing, document        what no document declares → documents; `exports`: out of files
left_out, hints            what an import leaves out, and proposes
updating, adopting         what documents say otherwise → edits of them
edit, in_place, layout     one document changed in its `text`, everything else as it was
emit, naming, placing      the text of a document, the name of its file, and files written, all or none
meant, unnamed             objects that cannot be told apart, references without a name
starting, identities       a new workspace, and the two identities that plan and apply
folder                     what is there, and is never overwritten
"""
