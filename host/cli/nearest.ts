// "Did you mean ...?": the word of a list that takes the fewest edits to reach.

/** Edits (insert, delete, replace, swap of neighbours) between two words. */
export function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array<number>(b.length).fill(0)]);
  for (let j = 0; j <= b.length; j++) rows[0][j] = j;
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  return rows[a.length][b.length];
}

/** The nearest of the known words, or undefined when none is near: at most a third of its letters may differ, or two. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const ranked = known.map((each) => ({ each, far: distance(lower, each.toLowerCase()) }));
  ranked.sort((a, b) => a.far - b.far);
  const best = ranked[0];
  if (!best) return undefined;
  if (lower.length >= 2 && best.each.startsWith(lower)) return best.each;
  return best.far <= Math.max(1, Math.min(2, Math.floor(best.each.length / 3) + 1)) ? best.each : undefined;
}

/** ` (did you mean X?)`, or nothing. */
export function hint(word: string, known: readonly string[], prefix = ""): string {
  const found = nearest(word, known);
  return found ? ` (did you mean ${prefix}${found}?)` : "";
}
