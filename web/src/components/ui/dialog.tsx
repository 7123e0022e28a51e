import { X } from 'lucide-react';
import { Dialog as Primitive } from 'radix-ui';
import { type ReactNode, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { cn } from '@/lib/class-names';
import { mayLeave, unsavedForms } from '@/lib/unsaved';
import { Button } from './button';

type DialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  /** False while closing would lose something that can't be shown again. */
  dismissible?: boolean;
  role?: 'dialog' | 'alertdialog';
  hideHeader?: boolean;
  className?: string;
  children: ReactNode;
};

/**
 * A modal dialog. The backdrop is ours rather than `Dialog.Overlay`, because that one locks scrolling with an injected
 * <style> element, which the Content-Security-Policy refuses; `data-scroll-lock` does the same from styles.css.
 */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  dismissible = true,
  role = 'dialog',
  hideHeader,
  className,
  children,
}: DialogProps) {
  const { t } = useTranslation();
  const giveFocusBack = useGiveFocusBack(open);
  const change = useAskBeforeClosing(open, onOpenChange);
  const keepOpen = (event: Event) => {
    if (!dismissible) event.preventDefault();
  };
  return (
    <Primitive.Root open={open} onOpenChange={change}>
      <Primitive.Portal>
        <div
          data-scroll-lock
          className="fade-in-0 fixed inset-0 z-50 animate-in bg-black/50 duration-150"
          aria-hidden
        />
        <Primitive.Content
          role={role}
          aria-modal
          onCloseAutoFocus={giveFocusBack}
          onEscapeKeyDown={keepOpen}
          onInteractOutside={keepOpen}
          {...(description ? {} : { 'aria-describedby': undefined })}
          className={cn(
            'fade-in-0 zoom-in-98 -translate-x-1/2 fixed top-[8vh] left-1/2 z-50 flex max-h-[84vh] w-[calc(100vw-2rem)] max-w-lg animate-in flex-col overflow-hidden rounded-2xl border border-border bg-surface shadow-2xl duration-150',
            className,
          )}
        >
          <header className={cn('px-5 pt-5 pr-12', hideHeader && 'sr-only')}>
            <Primitive.Title className="font-semibold text-base">{title}</Primitive.Title>
            {description && (
              <Primitive.Description className="mt-1 text-muted text-sm" asChild>
                <div>{description}</div>
              </Primitive.Description>
            )}
          </header>
          {children}
          {dismissible && (
            <Primitive.Close asChild>
              <Button
                variant="ghost"
                size="icon"
                className={cn('absolute top-3.5 right-3.5', hideHeader && 'sr-only focus:not-sr-only focus:absolute')}
                aria-label={t('common.close')}
              >
                <X aria-hidden />
              </Button>
            </Primitive.Close>
          )}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

/**
 * Radix gives focus back to a dialog's trigger; ours are opened by state and have none, so what had the focus before is kept. A menu's
 * entry is gone by then: its button stands for it. What else is gone leaves the focus to the page.
 */
function useGiveFocusBack(open: boolean): (event: Event) => void {
  const opener = useRef<Element | null>(null);
  const wasOpen = useRef(false);
  // Read while rendering: as soon as the dialog is drawn, its first field has the focus.
  if (open && !wasOpen.current) opener.current = buttonOf(document.activeElement);
  wasOpen.current = open;
  return (event) => {
    event.preventDefault();
    // Another dialog that opened meanwhile keeps it.
    if (document.activeElement !== document.body && document.activeElement?.closest('[role$=dialog]')) return;
    const kept = opener.current;
    const target = kept?.isConnected && kept !== document.body ? kept : document.getElementById('content');
    if (target instanceof HTMLElement) target.focus({ preventScroll: true });
  };
}

/** Escape and a click beside a dialog are slips of the hand: what is typed into it is only lost when the person says so. */
function useAskBeforeClosing(open: boolean, onOpenChange: (open: boolean) => void): (open: boolean) => void {
  const before = useRef(0);
  const wasOpen = useRef(false);
  // Forms below the dialog stay; only those that came with it go.
  if (open && !wasOpen.current) before.current = unsavedForms();
  wasOpen.current = open;
  return (next) => {
    if (next || unsavedForms() <= before.current) onOpenChange(next);
    else void mayLeave().then((leave) => leave && onOpenChange(next));
  };
}

function buttonOf(element: Element | null): Element | null {
  const menu = element?.closest('[role=menu]');
  return menu ? document.getElementById(menu.getAttribute('aria-labelledby') ?? '') : element;
}

export function DialogBody({ className, children }: { className?: string; children: ReactNode }) {
  return <div className={cn('min-h-0 flex-1 overflow-y-auto px-5 py-4', className)}>{children}</div>;
}

export function DialogFooter({ children }: { children: ReactNode }) {
  return (
    <footer className="flex flex-wrap justify-end gap-2 border-border border-t bg-sunken/60 px-5 py-3">
      {children}
    </footer>
  );
}
