import { Check, Columns3 } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import { Button } from '@/components/ui/button';
import { Menu, MenuItem, MenuSeparator } from '@/components/ui/menu';
import type { Column, ColumnChoice } from './column';

type ColumnChoiceMenuProps<Row> = {
  columns: Column<Row>[];
  shown: ReadonlySet<string>;
  choice: ColumnChoice;
  onChoose: (choice: ColumnChoice) => void;
};

/** Which columns a list has. Stays open: who takes one away often takes two. */
export function ColumnChoiceMenu<Row>({ columns, shown, choice, onChoose }: ColumnChoiceMenuProps<Row>) {
  const { t } = useTranslation();
  return (
    <Menu
      trigger={
        <Button className="relative ml-auto">
          <Columns3 aria-hidden />
          <span className="max-sm:sr-only">{t('common.columns')}</span>
        </Button>
      }
    >
      {columns.map(({ id, header }) => (
        <DropdownMenu.CheckboxItem
          key={id}
          checked={shown.has(id)}
          onCheckedChange={(checked) => onChoose({ ...choice, [id]: checked })}
          onSelect={(event) => event.preventDefault()}
          className="flex cursor-default select-none items-center gap-2 rounded-lg py-1.5 pr-2.5 pl-8 text-sm outline-none data-[highlighted]:bg-accent"
        >
          <DropdownMenu.ItemIndicator className="-ml-6 absolute">
            <Check className="size-4" aria-hidden />
          </DropdownMenu.ItemIndicator>
          {header}
        </DropdownMenu.CheckboxItem>
      ))}
      <MenuSeparator />
      <MenuItem
        disabled={Object.keys(choice).length === 0}
        className="pl-8"
        onSelect={(event) => {
          event.preventDefault();
          onChoose({});
        }}
      >
        {t('common.usualColumns')}
      </MenuItem>
    </Menu>
  );
}
