import { fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { Composer } from './composer';
import { Conversation } from './conversation';

afterEach(() => vi.restoreAllMocks());

function show(conversation = new Conversation()) {
  const onSend = vi.fn();
  const shown = render(<Composer conversation={conversation} notice={null} onSend={onSend} />);
  return {
    onSend,
    conversation,
    unmount: shown.unmount,
    field: () => screen.getByRole('textbox', { name: 'Message' }),
  };
}

it('sends with Enter, and breaks the line with Shift', async () => {
  const { onSend, field } = show();
  await userEvent.type(field(), 'one{Shift>}{Enter}{/Shift}two{Enter}');
  expect(onSend.mock.calls).toEqual([['one\ntwo']]);
  expect(field()).toHaveValue('');
});

it.each([
  ['as Chromium and Firefox report it', { isComposing: true, keyCode: 13 }],
  ['as Safari does, after the composition', { isComposing: false, keyCode: 229 }],
])('leaves Enter to an input method, %s', async (_, key) => {
  const { onSend, field } = show();
  await userEvent.type(field(), '日本');
  fireEvent.keyDown(field(), { key: 'Enter', ...key });
  expect(onSend).not.toHaveBeenCalled();
  fireEvent.keyDown(field(), { key: 'Enter', keyCode: 13 });
  expect(onSend).toHaveBeenCalledWith('日本');
});

it('keeps what is typed and not sent', async () => {
  const { conversation, unmount, field } = show();
  await userEvent.type(field(), 'Not yet');
  unmount();
  expect(show(conversation).field()).toHaveValue('Not yet');
});
