import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode, Ref } from 'react';
import { cn } from '@/lib/class-names';

const looks = {
  info: { Icon: Info, style: 'bg-info-soft text-info' },
  success: { Icon: CircleCheck, style: 'bg-success-soft text-success' },
  warning: { Icon: TriangleAlert, style: 'bg-warning-soft text-warning' },
  danger: { Icon: CircleAlert, style: 'bg-danger-soft text-danger' },
};

type NoticeProps = {
  tone: keyof typeof looks;
  title: string;
  role?: 'alert' | 'status';
  className?: string;
  ref?: Ref<HTMLDivElement>;
  children?: ReactNode;
};

export function Notice({ tone, title, role, className, ref, children }: NoticeProps) {
  const { Icon, style } = looks[tone];
  return (
    <div ref={ref} role={role} className={cn('flex gap-3 rounded-xl px-4 py-3 text-sm', style, className)}>
      <Icon className="mt-0.5 size-4 shrink-0" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        {children && <div className="mt-0.5 text-foreground">{children}</div>}
      </div>
    </div>
  );
}
