// Runs before the first paint; src/lib/theme.ts keeps the same key and class afterwards.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('inventiv.theme');
  } catch {
    // Storage can be blocked; the system's preference then decides.
  }
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.classList.toggle('dark', dark);
})();
