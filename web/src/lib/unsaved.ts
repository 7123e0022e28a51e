/** Forms on the page that hold something typed and not saved. */
const forms = new Set<object>();

/** Who is asked whether to leave them; without anybody to ask, leaving is fine. */
let ask: (() => Promise<boolean>) | undefined;
let asked: Promise<boolean> | undefined;

/** Notes that a form holds something, until the returned function is called. */
export function holdUnsaved(): () => void {
  const form = {};
  forms.add(form);
  return () => forms.delete(form);
}

/** How many forms hold something. */
export function unsavedForms(): number {
  return forms.size;
}

export function hasUnsaved(): boolean {
  return forms.size > 0;
}

/** Sets who asks the person, until the returned function is called. */
export function onAskToLeave(next: () => Promise<boolean>): () => void {
  ask = next;
  return () => {
    if (ask === next) ask = undefined;
  };
}

/** Whether what is typed may be lost: asks the person if there is something, and once however many ask. */
export async function mayLeave(): Promise<boolean> {
  if (!hasUnsaved() || !ask) return true;
  asked ??= ask().finally(() => {
    asked = undefined;
  });
  return asked;
}
