// Dark or light: as the system says, until the onlooker chooses; the choice is kept where the browser lets a page keep something.

import * as page from "./page.ts";

const system = matchMedia("(prefers-color-scheme: dark)");
const KEY = "synod-theme";

function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // file:// and strict browsers keep nothing
  }
}

let chosen = kept();

export const dark = (): boolean => (chosen === null ? system.matches : chosen === "dark");

function show(): void {
  document.documentElement.dataset.theme = dark() ? "dark" : "light";
  page.theme.value++;
  page.changed();
}

export function toggle(): void {
  chosen = dark() ? "light" : "dark";
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // the choice lasts as long as the page
  }
  show();
}

export function start(): void {
  system.addEventListener("change", show);
  show();
}
