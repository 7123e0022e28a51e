// Before the first paint; src/lib/theme.ts keeps the same key and class afterwards.
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

// Who is signed in is asked for at once rather than by the scripts: src/api/early-answer.ts takes the answer over. The pages in front of
// the sign-in don't need it.
if (!/^\/app\/(login|forgot-password|reset-password|confirm-email|invitations?)\b/.test(location.pathname)) {
  window.inventivMe = fetch('/auth/me', { credentials: 'same-origin' });
  // Whoever takes it over hears of a failure.
  window.inventivMe.catch(() => {});
}
