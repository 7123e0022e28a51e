/** The look that the command palette and the workspace switcher share. */
export const commandInput =
  'h-11 w-full border-border border-b bg-transparent px-4 text-sm outline-none placeholder:text-muted focus-visible:outline-none';

export const commandItem =
  'flex cursor-default select-none items-center gap-2.5 rounded-lg px-2.5 py-2 text-sm data-[disabled=true]:opacity-50 data-[selected=true]:bg-accent [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted';
