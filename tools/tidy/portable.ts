// The portable subset of firmware/wire: what both asc and the host's compilers read alike (DESIGN 2.3).
//
// One expression per ban. The text is searched without comments and strings.

import { blanked, lineAt, type Source } from "./source.ts";

const BANS: [RegExp, string][] = [
  [/\b(class|interface|enum|namespace|new|this|any|(?<!\* )as|type(?=\s+\w+\s*=))\b/g, "objects and type tricks"],
  [/=>/g, "closures"],
  [/(?<=\n[ \t]+)function\b/g, "functions inside functions"],
  [/@\w+/g, "decorators"],
  [/\b\w+<\w+>\s*\(|<(u8|u16|i8|i16|u32|i32|u64|i64|usize|bool)>/g, "generics and casts"],
  [/(?<!import )\*(?! as\b)/g, "multiplication"],
  [/\/(?![/*])/g, "division"],
  [/%/g, "remainders"],
  [/>>/g, "right shifts"],
  [/\b\d\w*n\b/g, "64-bit literals"],
  [/(^|\n)(let|var)\b/g, "module state"],
  [/\b(if|while)\s*\((?:[^()=<>!&|]|\([^()]*\))*&(?!&)(?:[^()=<>!&|]|\([^()]*\))*\)/g, "a bit tested without != 0"],
  [/:\s*(?!(u32|u64|bool|void)\b)[A-Za-z]\w*(?=\s*[,)=;{])/g, "types other than u32, u64, bool and void"],
  [/\d\.\d/g, "fractions"],
  [/[[\]]/g, "arrays"],
  [/\?/g, "conditional expressions and optional members"],
];

/** Every place where a wire file leaves the portable subset. */
export function portable(sources: Source[]): string[] {
  return sources
    .filter((s) => s.path.startsWith("firmware/wire/"))
    .flatMap((s) => {
      const withStrings = blanked(s.text, { strings: false });
      const text = blanked(s.text, { strings: true });
      const banned = BANS.flatMap(([pattern, what]) =>
        [...text.matchAll(pattern)].map((m) => `${s.path}:${lineAt(text, m.index + 1)}: ${what}: ${m[0].trim()}`),
      );
      const strings = [...withStrings.matchAll(/["'`]/g)].filter((m) => {
        const start = withStrings.lastIndexOf("\n", m.index) + 1;
        return !/^(import|export) /.test(withStrings.slice(start, m.index));
      });
      return [...banned, ...strings.map((m) => `${s.path}:${lineAt(withStrings, m.index)}: strings`)];
    });
}
