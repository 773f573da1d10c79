# SPDX-License-Identifier: MIT
"""Reads the man pages (docs/man, mdoc) and the public headers: what check-pages, extract-examples and make-html share."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGES = ROOT / "docs" / "man"
HEADERS = ROOT / "include" / "trivet"
# Macros that serve the headers themselves, and no program.
OWN_MACROS = {"TVT_PRINTF", "TVT_STACK_OF", "TVT_ERROR"}


# ---- headers -----------------------------------------------------------------------------------------------------

def squeeze(text):
    """Spaces as in "const char *x, int (*f)(void *)", whatever they were."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"\s*([*(),\[\]])\s*", r"\1", text)
    text = re.sub(r"([\w)])([*])", r"\1 \2", text)
    text = re.sub(r"(?<=[\w*)])\((?=\*)", " (", text)
    text = re.sub(r"\*(?=(?:const|restrict)\b)", "* ", text)
    return text.replace(",", ", ")


def split_arguments(text):
    """What stands between the commas that no bracket encloses."""
    parts, depth, part = [], 0, ""
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += char
    parts.append(part)
    return [squeeze(p) for p in parts if p.strip()]


def closing(text, start):
    """Where the bracket that opens at `start` closes."""
    depth = 0
    for position in range(start, len(text)):
        depth += (text[position] == "(") - (text[position] == ")")
        if depth == 0:
            return position
    return len(text)


class Function:
    """A function or function-like macro: result and arguments of a macro have no types."""

    def __init__(self, name, header, result, arguments, macro=False):
        self.name, self.header, self.result, self.arguments, self.macro = name, header, result, arguments, macro
        self.optional = False  # a page may document it, and need not

    def text(self):
        if self.macro:
            return f"{self.name}({', '.join(self.arguments)})"
        return f"{self.result} {self.name}({', '.join(self.arguments)})"

    def differs(self, result, arguments):
        """Whether a page's prototype is another one."""
        if self.macro:
            names = [re.search(r"(\w+)\W*$", a.split(")(")[0]) for a in arguments if a != "void"]
            return [n.group(1) if n else "" for n in names] != [a.lstrip(".") or "..." for a in self.arguments]
        return (result, arguments) != (self.result, self.arguments)


def without_bodies(text):
    """Struct, union and enum bodies, and those of functions, become {}; extern "C" { } does not count."""
    text = re.sub(r'extern "C" \{', "", text)
    out, depth = "", 0
    for char in text:
        if char == "}" and depth > 0:
            depth -= 1
        if depth == 0:
            out += char
        if char == "{":
            depth += 1
    return out


def prototype(statement, header):
    """The Function that a declaration declares; None: it declares none."""
    statement = re.sub(r"\bTVT_MUST_USE\b|\bstatic inline\b|\bTVT_PRINTF\([^()]*\)|\bextern\b", " ", statement)
    statement = re.sub(r"STACK_OF\((\w+)\)", r"STACK_OF<\1>", statement)
    statement = squeeze(statement)
    if re.match(r"(typedef|static)\b", statement) or "(" not in statement:
        return None

    def unstack(text):
        return squeeze(re.sub(r"STACK_OF<(\w+)>", r"STACK_OF(\1)", text))

    outer = re.match(r"(.*?)\(\*\s?(\w+)\(", statement)
    if outer:  # a function that returns a pointer to a function
        opens = outer.end() - 1
        closes = closing(statement, opens)
        result = squeeze(outer.group(1) + " (*" + statement[closes + 1:])
        name = outer.group(2)
    else:
        opens = statement.index("(")
        closes = closing(statement, opens)
        head = re.match(r"(.*?)(\w+)$", statement[:opens])
        if not head or not head.group(1) or closes != len(statement) - 1:
            return None
        result, name = squeeze(head.group(1)), head.group(2)
    arguments = split_arguments(unstack(statement[opens + 1:closes]))
    return Function(name, header, unstack(result), arguments)


def stack_functions(text, header):
    """sk_X509_num() and its kin, which TVT_STACK_OF(X509) makes."""
    macro = re.search(r"#define TVT_STACK_OF\(type\)(.*)", text)
    for kind in re.findall(r"^TVT_STACK_OF\((\w+)\);", text, re.M) if macro else ():
        body = re.sub(r"\btype\b", kind, re.sub(r"##type##", kind, macro.group(1)))
        for statement in re.findall(r"static inline (.*?\)) *\{", body):
            function = prototype(statement, header)
            function.optional = True
            yield function


def read_header(path):
    """Functions, function-like macros and other names of functions (#define A B) in one header."""
    text = re.sub(r"/\*.*?\*/", " ", path.read_text(encoding="utf-8"), flags=re.S)
    text = re.sub(r"\\\n", " ", text)
    functions, names = {}, {}
    for line in re.findall(r"^\s*#\s*define\s+(.*)$", text, re.M):
        macro = re.match(r"(\w+)\(([^()]*)\)", line)
        other = re.match(r"(\w+)\s+(\w+)\s*$", line)
        if macro and macro.group(1) not in OWN_MACROS:
            arguments = split_arguments(macro.group(2))
            functions[macro.group(1)] = Function(macro.group(1), path.name, None, arguments, macro=True)
        elif other:
            names[other.group(1)] = other.group(2)
    for function in stack_functions(text, path.name):
        functions[function.name] = function
    text = without_bodies(re.sub(r"^\s*#.*$", "", text, flags=re.M))
    for statement in re.split(r"[;{}]", text):
        found = prototype(statement, path.name)
        if found:
            functions[found.name] = found
    return functions, names


def public_functions():
    """Every name that a program can call, with its Function. names.h is about symbols and declares nothing."""
    functions, names = {}, {}
    for path in sorted(HEADERS.glob("*.h")):
        if path.name != "names.h":
            own, other = read_header(path)
            functions.update(own)
            names.update({name: (target, path.name) for name, target in other.items()})
    for name, (target, header) in names.items():
        if target in functions and name not in functions:
            known = functions[target]
            functions[name] = Function(name, header, known.result, known.arguments, known.macro)
    return functions


def error_codes():
    """Code to (RFC, section) of errors.def."""
    text = (HEADERS / "errors.def").read_text(encoding="utf-8")
    return {code: (rfc, section)
            for code, rfc, section in re.findall(r'TVT_ERROR\((\w+),\s*\w+,\s*"([^"]*)",\s*"([^"]*)"', text)}


# ---- pages -------------------------------------------------------------------------------------------------------

def words(line):
    """The arguments of a macro's line, quoted or not, without punctuation and escapes that print nothing."""
    found = [quoted.replace('""', '"') if quoted or not bare else bare
             for quoted, bare in re.findall(r'"((?:[^"]|"")*)"|(\S+)', line)]
    found = [word.replace("\\&", "").replace("\\e", "\\").replace("\\-", "-") for word in found]
    return [word for word in found if word not in (",", ".", ";", ":", "Ns")]


class Page:
    def __init__(self, path):
        self.path = path
        self.name, _, self.section = path.name.rpartition(".")
        self.lines = path.read_text(encoding="utf-8").splitlines()
        self.sections = {}  # title to (number of its first line, its lines)
        title, start = None, 0
        for number, line in enumerate(self.lines, 1):
            if line.startswith(".Sh "):
                title, start = line[4:].strip().strip('"'), number
                self.sections[title] = (number, [])
            elif title:
                self.sections[title][1].append(line)
        self.where = f"docs/man/{path.name}"

    def lines_of(self, title):
        return self.sections.get(title, (0, []))[1]

    def names(self):
        found = []
        for line in self.lines_of("NAME"):
            if line.startswith(".Nm "):
                found += words(line[4:])
        return found

    def prototypes(self):
        """(name, result, arguments) of each function in SYNOPSIS."""
        result, found = None, []
        for line in self.lines_of("SYNOPSIS"):
            macro, _, rest = line.partition(" ")
            if macro == ".Ft":
                result = squeeze(" ".join(words(rest)))
            elif macro == ".Fn":
                name, *arguments = words(rest)
                found.append((name, result, [squeeze(a) for a in arguments]))
            elif macro == ".Fo":
                found.append((words(rest)[0], result, []))
            elif macro == ".Fa" and found:
                found[-1][2].extend(squeeze(a) for a in words(rest))
        return found

    def headers(self):
        return [words(line[4:])[0] for line in self.lines_of("SYNOPSIS") if line.startswith(".In ")]

    def references(self):
        """(line, name, section) of each .Xr."""
        for number, line in enumerate(self.lines, 1):
            if line.startswith("."):
                for name, section in re.findall(r"(?:^\.| )Xr (\S+) (\S+)", line):
                    yield number, name, section

    def example(self):
        """(number of its first line, C) of the block in EXAMPLES; None: there is none. More than one is an error."""
        if "EXAMPLES" not in self.sections:
            return None
        start, lines = self.sections["EXAMPLES"]
        blocks, inside = [], False
        for number, line in enumerate(lines, start + 1):
            if line.startswith(".Bd -literal"):
                blocks.append((number + 1, []))
                inside = True
            elif line == ".Ed":
                inside = False
            elif inside and not line.startswith('.\\"'):
                for escape, char in (("\\&", ""), ("\\(aq", "'"), ("\\(dq", '"'), ("\\-", "-"), ("\\e", "\\")):
                    line = line.replace(escape, char)
                blocks[-1][1].append(line)
        if len(blocks) != 1:
            raise ValueError(f"{self.where}:{start}: EXAMPLES has {len(blocks)} blocks .Bd -literal instead of one")
        return blocks[0][0], "\n".join(blocks[0][1]) + "\n"


def all_pages():
    return [Page(path) for path in sorted(PAGES.glob("*.[0-9]*"))]


def tvt_pages():
    """Those that belong to the library: sections 3tvt and 7tvt."""
    return [page for page in all_pages() if page.section in ("3tvt", "7tvt")]
