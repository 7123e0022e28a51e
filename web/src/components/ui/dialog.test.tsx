import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, it, vi } from 'vitest';
import { holdUnsaved, onAskToLeave } from '@/lib/unsaved';
import { Dialog } from './dialog';
import { Menu, MenuItem } from './menu';

/** Opened by state, as all our dialogs are: by a button, from a menu, or by one that is gone by then. */
function Openers() {
  const [open, setOpen] = useState(false);
  const [vanished, setVanished] = useState(false);
  return (
    <>
      <main id="content" tabIndex={-1} aria-label="The page" />
      <button type="button" onClick={() => setOpen(true)}>
        Open
      </button>
      {!vanished && (
        <button
          type="button"
          onClick={() => {
            setOpen(true);
            setVanished(true);
          }}
        >
          Open and vanish
        </button>
      )}
      <Menu trigger={<button type="button">More</button>}>
        <MenuItem onSelect={() => setOpen(true)}>Open from the menu</MenuItem>
      </Menu>
      <Dialog open={open} onOpenChange={setOpen} title="A question">
        <input aria-label="Answer" />
      </Dialog>
    </>
  );
}

async function closeByKeyboard(user: ReturnType<typeof userEvent.setup>) {
  expect(await screen.findByRole('dialog', { name: 'A question' })).toContainElement(
    document.activeElement as HTMLElement,
  );
  await user.keyboard('{Escape}');
}

it('gives the focus back to the button that opened it', async () => {
  render(<Openers />);
  const user = userEvent.setup();
  await user.click(screen.getByRole('button', { name: 'Open' }));
  await closeByKeyboard(user);
  await expect.poll(() => document.activeElement).toBe(screen.getByRole('button', { name: 'Open' }));
});

it("gives the focus back to a menu's button when one of its entries opened it", async () => {
  render(<Openers />);
  const user = userEvent.setup();
  await user.click(screen.getByRole('button', { name: 'More' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Open from the menu' }));
  await closeByKeyboard(user);
  await expect.poll(() => document.activeElement).toBe(screen.getByRole('button', { name: 'More' }));
});

it('leaves the focus to the page when what opened it is gone', async () => {
  render(<Openers />);
  const user = userEvent.setup();
  await user.click(screen.getByRole('button', { name: 'Open and vanish' }));
  await closeByKeyboard(user);
  await expect.poll(() => document.activeElement).toBe(screen.getByRole('main', { name: 'The page' }));
});

it('asks before Escape takes along what was typed into it, and not for what stands below it', async () => {
  const user = userEvent.setup();
  const ask = vi.fn().mockResolvedValueOnce(false).mockResolvedValue(true);
  const stopAsking = onAskToLeave(ask);
  const below = holdUnsaved();
  render(<Openers />);
  await user.click(screen.getByRole('button', { name: 'Open' }));
  await closeByKeyboard(user);
  expect(ask).not.toHaveBeenCalled();

  await user.click(screen.getByRole('button', { name: 'Open' }));
  const within = holdUnsaved();
  await user.keyboard('{Escape}');
  expect(ask).toHaveBeenCalledTimes(1);
  expect(screen.getByRole('dialog', { name: 'A question' })).toBeInTheDocument();
  await user.keyboard('{Escape}');
  await vi.waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  within();
  below();
  stopAsking();
});
