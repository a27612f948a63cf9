"""Reads Swift sources as text: what a file declares and what it names. scripts/check-structure uses it."""

import re
from collections import defaultdict

DECLARING = {"struct", "class", "enum", "protocol", "actor", "typealias", "extension"}


def without_text(source):
    """The source with comments and strings blanked, line by line as long as before. Code interpolated in strings stays."""
    result = list(source)

    def blank(start, end):
        for i in range(start, end):
            if result[i] != "\n":
                result[i] = " "

    def comment(i):
        depth, start = 1, i
        i += 2
        while i < len(source) and depth:
            if source.startswith("/*", i):
                depth, i = depth + 1, i + 2
            elif source.startswith("*/", i):
                depth, i = depth - 1, i + 2
            else:
                i += 1
        blank(start, i)
        return i

    def string(i, opening):
        """Blanks the string at i and returns where it ends."""
        hashes, quotes = opening.count("#"), opening.strip("#")
        end, escape = quotes + "#" * hashes, "\\" + "#" * hashes
        start, i = i, i + len(opening)
        while i < len(source) and not source.startswith(end, i):
            if source.startswith(escape + "(", i):
                i += len(escape) + 1
                blank(start, i)
                start = i = code(i, inside_string=True)
            elif source.startswith(escape, i):
                i += len(escape) + 1
            elif source[i] == "\n" and quotes == '"':
                break  # It was no string: a regular expression may hold a quotation mark.
            else:
                i += 1
        if source.startswith(end, i):
            i += len(end)
        blank(start, i)
        return i

    def code(i, inside_string=False):
        """Reads code from i to the end of the file, or to the parenthesis that ends an interpolation."""
        depth = 0
        while i < len(source):
            if source.startswith("//", i):
                end = source.find("\n", i)
                end = len(source) if end < 0 else end
                blank(i, end)
                i = end
            elif source.startswith("/*", i):
                i = comment(i)
            elif source[i] in '"#' and (opening := re.compile(r'#*("""|")').match(source, i)):
                i = string(i, opening.group())
            else:
                depth += {"(": 1, ")": -1}.get(source[i], 0)
                if depth < 0 and inside_string:
                    return i
                i += 1
        return i

    code(0)
    return "".join(result)


class SwiftFile:
    """What a file declares and names."""

    def __init__(self, path, module):
        self.path, self.module = path, module
        self.code = without_text(path.read_text(encoding="utf-8"))
        importing = re.compile(r"^[\w@ ]*\bimport +(?:(?:struct|class|enum|protocol|func|var) +)?(\w+)")
        found = (importing.match(line) for line in self.code.split("\n"))
        self.imports = [(match.group(1), line) for line, match in enumerate(found, 1) if match]
        self.types = set()  # at top level, for other files to name
        self.local = set()  # private ones, those in functions, generic parameters
        self.nested = set()  # Outer.Inner
        self.extended = set()  # the types in whose scope the file writes
        self.names = defaultdict(list)  # name: lines
        self._read()

    def _read(self):
        # `scopes` says for each open brace which type's body it began, `opening` whose body the next one begins.
        tokens = [(m.group(), m.start()) for m in re.finditer(r"[^\W\d]\w*|[^\w\s]", self.code)]
        scopes, opening, line, last = [], None, 1, 0
        modifiers = set()
        for i, (token, position) in enumerate(tokens):
            line += self.code.count("\n", last, position)
            last = position
            before = tokens[i - 1][0] if i else ""
            after = tokens[i + 1][0] if i + 1 < len(tokens) else ""
            if token == "{":
                scopes.append(opening)
                opening, modifiers = None, set()
            elif token == "}":
                if scopes:
                    scopes.pop()
                modifiers = set()
            elif token in ("private", "fileprivate"):
                modifiers.add(token)
            elif token in ("func", "var", "let", "init", "case") and before not in ("<", ","):
                modifiers, opening = set(), None
            if token in DECLARING and before not in (".", "import") and re.match(r"_?[A-Z]", after):
                name = after
                if token == "extension":
                    for j in range(i + 2, len(tokens) - 1, 2):
                        if tokens[j][0] != ".":
                            break
                        name += "." + tokens[j + 1][0]
                    self.extended.add(name.split(".")[-1])
                elif not scopes:
                    (self.local if modifiers else self.types).add(name)
                elif None in scopes:
                    self.local.add(name)
                else:
                    self.nested.add((scopes[-1].split(".")[-1], name))
                if token != "typealias":
                    opening = name
                    self.extended.add(name.split(".")[-1])
                modifiers = set()
            if token == "<" and i >= 2 and tokens[i - 2][0] in DECLARING | {"func"} or token == "<" and before == "init":
                self._generic_parameters(tokens, i)
            if token == "associatedtype":
                self.local.add(after)
            is_member = before == "." and tokens[i - 2][0] != self.module
            if re.match(r"_?[A-Z]", token) and not is_member and before not in DECLARING - {"extension"}:
                self.names[token].append(line)

    def _generic_parameters(self, tokens, i):
        """Adds the parameters in the list that begins at token i."""
        depth = 0
        for j in range(i, len(tokens)):
            token, before = tokens[j][0], tokens[j - 1][0]
            if token == "<":
                depth += 1
            elif token == ">" and before != "-":
                depth -= 1
                if depth == 0:
                    return
            elif depth == 1 and before in ("<", ",", "each", "let"):
                self.local.add(token)
