import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { Me, Model } from '@/api/shapes';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { ModelPage } from './model-page';
import { ModelsPage } from './models-page';
import type { ModelDialog } from './search';

afterEach(() => vi.unstubAllGlobals());

const everything = ['model.read', 'model.create', 'model.update', 'model.delete', 'model.price'];
const here = (permissions: string[]) =>
  meWith({ current_organization_id: 'o1', current_organization_name: 'Acme', permissions });

const model = {
  id: 'm1',
  scope: 'organization',
  organization_id: 'o1',
  name: 'Small',
  model_id: 'acme/small',
  description: '',
  licence: '',
  kind: 'chat',
  engine: 'vllm',
  engine_arguments: ['--a=1', '--b'],
  required_vram_gb: 16,
  context_length: 4096,
  data_volume_gb: 8,
  is_active: true,
  is_operational: false,
  missing_activations: ['eco'],
  tech_activated_at: '2026-11-01T10:00:00Z',
  input_eur_per_1m: '0.85',
  cached_input_eur_per_1m: '0.85',
  output_eur_per_1m: '1.7',
  ready_instances: 0,
  created_at: '2026-11-01T10:00:00Z',
} as unknown as Model;

async function showModel(me: Me, dialog?: ModelDialog, shown: Model = model) {
  const onDialog = vi.fn();
  const { router } = renderWithLinks(<ModelPage id="m1" dialog={dialog} onDialog={onDialog} />, me);
  // Hidden from assistive technology while a dialog lies on it.
  await screen.findByRole('heading', { level: 1, name: shown.name, hidden: true });
  return { onDialog, router, user: userEvent.setup() };
}

it('adds a model with what was written, its arguments line by line', async () => {
  const sent = answering({
    'GET /models': { body: { items: [], next_cursor: null } },
    'POST /models': { status: 201, body: model },
  });
  renderWithLinks(<ModelsPage search={{ create: true }} onSearch={vi.fn()} />, here(everything));
  const user = userEvent.setup();
  const dialog = within(await screen.findByRole('dialog', { name: 'Add model' }));
  await user.type(dialog.getByRole('textbox', { name: 'Name' }), ' Small ');
  await user.type(dialog.getByRole('textbox', { name: 'Model id' }), 'acme/small');
  await user.selectOptions(dialog.getByRole('combobox', { name: 'Engine' }), 'llama.cpp');
  await user.type(dialog.getByRole('spinbutton', { name: 'GPU memory needed (GB)' }), '16');
  await user.type(dialog.getByRole('spinbutton', { name: 'Context length (tokens)' }), '4096');
  await user.type(dialog.getByRole('textbox', { name: 'Engine arguments' }), '--a=1{enter} {enter} --b');
  await user.click(dialog.getByRole('button', { name: 'Add model' }));
  await vi.waitFor(() =>
    expect(sent.find(({ call }) => call === 'POST /models')?.body).toEqual({
      name: 'Small',
      model_id: 'acme/small',
      description: '',
      licence: '',
      kind: 'chat',
      engine: 'llama_cpp',
      engine_arguments: ['--a=1', '--b'],
      required_vram_gb: 16,
      context_length: 4096,
      data_volume_gb: 0,
      is_active: true,
    }),
  );
});

it('sends nothing that is plainly incomplete, and puts what the server refuses next to its field', async () => {
  const refused = {
    code: 'validation_failed',
    status: 422,
    errors: [
      { field: 'model_id', code: 'taken', message: 'is the id of another model here' },
      {
        field: 'context_length',
        code: 'range',
        message: 'must be 1 to 100000000',
        params: { min: 1, max: 100000000, unit: 'number' },
      },
    ],
  };
  const sent = answering({
    'GET /models': { body: { items: [], next_cursor: null } },
    'POST /models': { status: 422, body: refused },
  });
  renderWithLinks(<ModelsPage search={{ create: true }} onSearch={vi.fn()} />, here(everything));
  const user = userEvent.setup();
  const dialog = within(await screen.findByRole('dialog', { name: 'Add model' }));
  const submit = dialog.getByRole('button', { name: 'Add model' });
  await user.type(dialog.getByRole('spinbutton', { name: 'GPU memory needed (GB)' }), '1.5');
  await user.click(submit);
  expect(dialog.getByRole('textbox', { name: 'Name' })).toHaveAccessibleDescription('This is needed.');
  expect(dialog.getByRole('spinbutton', { name: 'GPU memory needed (GB)' })).toHaveAccessibleDescription(
    'Enter a whole number from 0 to 100,000.',
  );
  expect(sent.some(({ call }) => call === 'POST /models')).toBe(false);

  await user.type(dialog.getByRole('textbox', { name: 'Name' }), 'Small');
  await user.type(dialog.getByRole('textbox', { name: 'Model id' }), 'acme/small');
  await user.clear(dialog.getByRole('spinbutton', { name: 'GPU memory needed (GB)' }));
  await user.type(dialog.getByRole('spinbutton', { name: 'GPU memory needed (GB)' }), '16');
  const context = dialog.getByRole('spinbutton', { name: 'Context length (tokens)' });
  await user.type(context, '99999999999');
  await user.click(submit);
  await waitFor(() => expect(context).toHaveAccessibleDescription('Enter a whole number from 1 to 100,000,000.'));
  expect(sent.some(({ call }) => call === 'POST /models')).toBe(false);
  await user.clear(context);
  await user.type(context, '8192');
  await user.click(submit);
  await waitFor(() => expect(context).toHaveAccessibleDescription('This must be 1 to 100000000.'));
  expect(dialog.getByRole('textbox', { name: 'Model id' })).toHaveAccessibleDescription(/This is already taken\./);
});

it('changes a model from what it is now, and says that an activation may be lost', async () => {
  const sent = answering({ 'GET /models/m1': { body: model }, 'PUT /models/m1': { body: model } });
  const { user, onDialog } = await showModel(here(everything), 'edit');
  const name = await screen.findByRole('textbox', { name: 'Name' });
  expect(name).toHaveValue('Small');
  expect(screen.getByRole('textbox', { name: 'Engine arguments' })).toHaveValue('--a=1\n--b');
  expect(screen.getByText(/needs a new technical activation/)).toBeInTheDocument();
  await user.type(name, 'er');
  await user.click(screen.getByRole('button', { name: 'Save model' }));
  await vi.waitFor(() => expect(onDialog).toHaveBeenCalledWith(undefined));
  expect(sent.find(({ call }) => call === 'PUT /models/m1')?.body).toMatchObject({
    name: 'Smaller',
    engine_arguments: ['--a=1', '--b'],
  });
});

it('sorts the list as its address says, and by a header', async () => {
  const items = [
    { ...model, id: 'm1', name: 'Small', context_length: 4096 },
    { ...model, id: 'm2', name: 'Big', context_length: 131072 },
  ];
  answering({ 'GET /models': { body: { items, next_cursor: null } } });
  const onSearch = vi.fn();
  renderWithLinks(<ModelsPage search={{ sort: '-context' }} onSearch={onSearch} />, here(everything));
  const links = await screen.findAllByRole('link', { name: /^(Small|Big)$/ });
  expect(links.map(({ textContent }) => textContent)).toEqual(['Big', 'Small']);
  await userEvent.setup().click(screen.getByRole('button', { name: 'Model' }));
  expect(onSearch).toHaveBeenCalledWith({ sort: 'name' });
});

it('is refused to change a model that somebody else changed meanwhile, and loads the new values when told to', async () => {
  let [now, etag] = [model, '"1"'];
  const sent = answering({
    'GET /models/m1': () => ({ body: now, etag }),
    'PUT /models/m1': () => ({ status: 412, body: { code: 'stale', status: 412 } }),
  });
  const { user } = await showModel(here(everything), 'edit');
  const name = await screen.findByRole('textbox', { name: 'Name' });
  await user.type(name, 'er');
  [now, etag] = [{ ...model, name: 'Theirs' }, '"2"'];
  await user.click(screen.getByRole('button', { name: 'Save model' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('Somebody else changed this in the meantime');
  expect(name).toHaveValue('Smaller');
  await user.click(screen.getByRole('button', { name: 'Load the new values' }));
  await vi.waitFor(() => expect(screen.getByRole('textbox', { name: 'Name' })).toHaveValue('Theirs'));
  expect(screen.queryByRole('alert')).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Save model' }));
  await vi.waitFor(() => expect(sent.filter(({ call }) => call === 'PUT /models/m1')).toHaveLength(2));
  expect(sent.filter(({ call }) => call === 'PUT /models/m1').map(({ ifMatch }) => ifMatch)).toEqual(['"1"', '"2"']);
});

it('cuts nothing off a long name: says how long it may be', async () => {
  const sent = answering({ 'GET /models': { body: { items: [], next_cursor: null } } });
  renderWithLinks(<ModelsPage search={{ create: true }} onSearch={vi.fn()} />, here(everything));
  const user = userEvent.setup();
  const dialog = within(await screen.findByRole('dialog', { name: 'Add model' }));
  const name = dialog.getByRole('textbox', { name: 'Name' });
  await user.click(name);
  await user.paste('x'.repeat(101));
  await user.click(dialog.getByRole('button', { name: 'Add model' }));
  expect(name).toHaveValue('x'.repeat(101));
  await waitFor(() => expect(name).toHaveAccessibleDescription('This must have at most 100 characters.'));
  expect(sent.some(({ call }) => call === 'POST /models')).toBe(false);
});

it('sets a price written with a comma, cached input following input when it is left empty', async () => {
  const sent = answering({ 'GET /models/m1': { body: model }, 'PUT /models/m1/price': { body: model } });
  const { user, onDialog } = await showModel(here(everything), 'price');
  const input = screen.getByRole('textbox', { name: 'Input tokens' });
  await user.clear(input);
  await user.type(input, 'free');
  await user.click(screen.getByRole('button', { name: 'Set price' }));
  expect(input).toHaveAccessibleDescription(
    'Enter an amount such as 0.85, up to one billion and with at most six decimal places.',
  );
  await user.clear(input);
  await user.type(input, '0,25');
  await user.clear(screen.getByRole('textbox', { name: 'Cached input tokens' }));
  await user.click(screen.getByRole('button', { name: 'Set price' }));
  await vi.waitFor(() => expect(onDialog).toHaveBeenCalledWith(undefined));
  expect(sent.find(({ call }) => call === 'PUT /models/m1/price')?.body).toEqual({
    input_eur_per_1m: '0.25',
    output_eur_per_1m: '1.7',
  });
});

it('leaves the page of a model that is deleted, and does not come back to it', async () => {
  answering({ 'GET /models/m1': { body: model }, 'DELETE /models/m1': { status: 204 } });
  const { user, onDialog, router } = await showModel(here(everything), 'delete');
  await user.click(screen.getByRole('button', { name: 'Delete model' }));
  await vi.waitFor(() => expect(router.state.location.pathname).toBe('/models'));
  expect(onDialog).not.toHaveBeenCalled();
});

it('says why a model that runs is not deleted', async () => {
  answering({
    'GET /models/m1': { body: model },
    'DELETE /models/m1': { status: 409, body: { code: 'model_in_use', status: 409 } },
  });
  const { user } = await showModel(here(everything), 'delete');
  const dialog = within(screen.getByRole('alertdialog', { name: 'Delete Small?' }));
  await user.click(dialog.getByRole('button', { name: 'Delete model' }));
  expect(await dialog.findByRole('alert')).toHaveTextContent('An instance runs this model');
});

it('offers each person what they may do, and nothing with a public model of the platform', async () => {
  answering({ 'GET /models/m1': { body: model } });
  const { user } = await showModel(here(['model.read', 'model.price']), 'edit');
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Actions for Small' }));
  expect(screen.getAllByRole('menuitem').map(({ textContent }) => textContent)).toEqual(['Set price']);
});

it('leaves a public model to the platform', async () => {
  const shared = { ...model, scope: 'platform', organization_id: null } as Model;
  answering({ 'GET /models/m1': { body: shared } });
  await showModel(here(everything), 'delete', shared);
  expect(screen.queryByRole('button', { name: 'Actions for Small' })).not.toBeInTheDocument();
  expect(screen.queryByRole('alertdialog')).not.toBeInTheDocument();
});
