import { Tabs as Primitive } from 'radix-ui';
import type { ReactNode } from 'react';

type Tab = { value: string; label: string; content: ReactNode };

/** Tabs that keep their own state unless `value` is given. */
export function Tabs({
  label,
  tabs,
  value,
  onValueChange,
}: {
  label: string;
  tabs: Tab[];
  value?: string;
  onValueChange?: (value: string) => void;
}) {
  return (
    <Primitive.Root defaultValue={tabs[0]?.value} value={value} onValueChange={onValueChange}>
      <Primitive.List
        aria-label={label}
        className="mb-3 inline-flex gap-0.5 rounded-lg border border-border bg-sunken p-0.5"
      >
        {tabs.map((tab) => (
          <Primitive.Trigger
            key={tab.value}
            value={tab.value}
            className="rounded-md px-3 py-1 font-medium text-[13px] text-muted hover:text-foreground data-[state=active]:bg-surface data-[state=active]:text-foreground data-[state=active]:shadow-xs"
          >
            {tab.label}
          </Primitive.Trigger>
        ))}
      </Primitive.List>
      {tabs.map((tab) => (
        <Primitive.Content key={tab.value} value={tab.value}>
          {tab.content}
        </Primitive.Content>
      ))}
    </Primitive.Root>
  );
}
