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

/** The nearest of the known words, or undefined when none is near: a word that it begins, or one at most two edits away. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const begun = lower.length >= 2 ? known.filter((each) => each.toLowerCase().startsWith(lower)) : [];
  if (begun.length === 1) return begun[0];
  const ranked = known.map((each) => ({ each, far: distance(lower, each.toLowerCase()) }));
  ranked.sort((a, b) => a.far - b.far);
  const best = ranked[0];
  if (!best) return undefined;
  return best.far <= Math.max(1, Math.min(2, Math.floor(best.each.length / 3) + 1)) ? best.each : undefined;
}

/** ` (did you mean X?)`, or nothing. */
export function hint(word: string, known: readonly string[], prefix = ""): string {
  const found = nearest(word, known);
  return found ? ` (did you mean ${prefix}${found}?)` : "";
}
