/** How the shortcut of the command palette is written on this keyboard: ⌘ is Apple's alone. */
export function paletteKeys(platform: string = navigator.platform): string {
  return /^(Mac|iP)/.test(platform) ? '⌘K' : 'Ctrl K';
}
