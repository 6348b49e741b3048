// The sign-in form at /signin. One-time links never reach it: the server answers them itself.
import { chainUnsigned } from './chain_unsigned';
import { element, setText } from './element';
import { words } from './words';

export function showSignIn(page: HTMLElement): void {
  const say = words.signIn;
  document.title = say.title;
  const user = element('input', { id: 'user', name: 'user', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: '' });
  const password = element('input', { id: 'password', name: 'password', type: 'password', autocomplete: 'current-password', required: '' });
  const submit = element('button', { type: 'submit', class: 'button primary' }, say.submit);
  const fault = element('p', { class: 'fault', role: 'alert' });
  const form = element(
    'form',
    { class: 'sign-in', novalidate: '' },
    element('h1', {}, say.title),
    element('label', { for: 'user' }, say.user),
    user,
    element('label', { for: 'password' }, say.password),
    password,
    fault,
    submit,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!user.value || !password.value) {
      setText(fault, say.empty);
      (user.value ? password : user).focus();
      return;
    }
    void trySignIn(user, password, submit, fault);
  });
  page.replaceChildren(chainUnsigned(), element('main', { class: 'sign-in-page' }, form), element('footer', { class: 'foot' }, element('span', {}, words.disclaimer)));
  user.focus();
}

async function trySignIn(user: HTMLInputElement, password: HTMLInputElement, submit: HTMLButtonElement, fault: HTMLElement): Promise<void> {
  const say = words.signIn;
  submit.disabled = true;
  setText(submit, say.working);
  setText(fault, '');
  try {
    const answer = await fetch('/v1/sign-in', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      credentials: 'same-origin',
      body: JSON.stringify({ user: user.value, password: password.value }),
    });
    if (answer.ok) {
      location.replace('/');
      return;
    }
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
    setText(fault, answer.status === 401 ? say.wrong : say.failed(problem.detail ?? ''));
    password.value = '';
    password.focus();
  } catch {
    setText(fault, say.unreachable);
  } finally {
    submit.disabled = false;
    setText(submit, say.submit);
  }
}
