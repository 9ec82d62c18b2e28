"""A JSONata 2.0.6 evaluator: the parser is jsonata-python's, the rest compiles what it parsed to closures.

Why not that library's own evaluator: it changes the values it is given (grouping an empty array appends to it),
tells null from undefined only with care, loses the names of functions in its messages, and walks the tree anew on
every evaluation. Semantics and messages here follow the reference implementation, jsonata-js 2.0.6 (MIT).

    parser      text to a tree
    values      undefined, sequences, truth, equality, numbers as text, errors
    signature   what arguments a function takes
    functions   built-in functions; strings, formats, pictures and extensions (Step Functions' own) are parts of it
    compiler    expressions; operators, paths and scopes are parts of it
    program     one compiled expression and its runs
"""
