import { cva, type VariantProps } from 'class-variance-authority';
import { LoaderCircle } from 'lucide-react';
import { Slot } from 'radix-ui';
import type { ComponentProps } from 'react';
import { cn } from '@/lib/class-names';

const styles = cva(
  'inline-flex shrink-0 select-none items-center justify-center gap-2 whitespace-nowrap rounded-lg font-medium transition-colors disabled:pointer-events-none disabled:opacity-50 aria-disabled:pointer-events-none aria-disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0',
  {
    variants: {
      variant: {
        primary: 'bg-primary text-on-primary shadow-xs hover:bg-primary-hover',
        secondary: 'border border-border bg-surface text-foreground shadow-xs hover:bg-accent',
        ghost: 'text-muted hover:bg-accent hover:text-foreground',
        danger: 'bg-danger text-surface shadow-xs hover:bg-danger-hover',
        dangerOutline: 'border border-border bg-surface text-danger shadow-xs hover:bg-danger-soft',
        link: 'text-primary underline-offset-4 hover:underline dark:text-ring',
      },
      size: { md: 'h-9 px-3.5 text-sm', sm: 'h-8 px-2.5 text-[13px]', icon: 'size-8', inline: 'h-auto p-0 text-sm' },
    },
    defaultVariants: { variant: 'secondary', size: 'md' },
  },
);

type ButtonProps = ComponentProps<'button'> & VariantProps<typeof styles> & { asChild?: boolean; pending?: boolean };

/** `pending` keeps the button focusable (so that focus isn't lost) but inert, and shows a spinner. */
export function Button({ className, variant, size, asChild, pending, children, type, onClick, ...rest }: ButtonProps) {
  if (asChild) {
    return (
      <Slot.Root className={cn(styles({ variant, size }), className)} onClick={onClick} {...rest}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button
      type={type ?? 'button'}
      className={cn(styles({ variant, size }), className)}
      aria-disabled={pending || undefined}
      onClick={pending ? (event) => event.preventDefault() : onClick}
      {...rest}
    >
      {pending && <LoaderCircle className="animate-spin" aria-hidden />}
      {children}
    </button>
  );
}
