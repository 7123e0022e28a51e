import { DropdownMenu as Primitive } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';
import { cn } from '@/lib/class-names';

/** A menu on a button. Not modal: the modal variant injects a <style> element, which the policy refuses. */
export function Menu({
  trigger,
  children,
  align = 'end',
}: {
  trigger: ReactNode;
  children: ReactNode;
  align?: 'start' | 'end';
}) {
  return (
    <Primitive.Root modal={false}>
      <Primitive.Trigger asChild>{trigger}</Primitive.Trigger>
      {/* Inside the page, because everything on it belongs to a landmark. */}
      <Primitive.Portal container={document.getElementById('content') ?? undefined}>
        <Primitive.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className="fade-in-0 zoom-in-98 z-50 min-w-44 animate-in rounded-xl border border-border bg-surface p-1 shadow-lg duration-100"
        >
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

export function MenuItem({ className, ...rest }: ComponentProps<typeof Primitive.Item>) {
  return (
    <Primitive.Item
      className={cn(
        'flex cursor-default select-none items-center gap-2 rounded-lg px-2.5 py-1.5 text-sm outline-none data-[disabled]:pointer-events-none data-[highlighted]:bg-accent data-[disabled]:opacity-50 [&_svg]:size-4 [&_svg]:text-muted',
        className,
      )}
      {...rest}
    />
  );
}

export function MenuSeparator() {
  return <Primitive.Separator className="my-1 h-px bg-border" />;
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Primitive.Label className="px-2.5 py-1.5 text-muted text-xs">{children}</Primitive.Label>;
}
