// One question to the server, in its own words where it refuses.
import { words } from './words';

/** What the server said against it, with the field where it named one. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly field: string,
  ) {
    super(field ? `${field}: ${detail}` : detail);
  }
}

export async function ask<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      credentials: 'same-origin',
      ...(body ? { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
  } catch {
    throw new Refused(0, words.noConnection, '');
  }
  if (answer.status === 401) location.assign('/signin');
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string; field?: string };
    throw new Refused(answer.status, answer.status === 403 && !problem.field ? words.forbidden : (problem.detail ?? String(answer.status)), problem.field ?? '');
  }
  return (answer.status === 204 ? undefined : await answer.json()) as Answer;
}

export const at = (...parts: string[]) => '/' + parts.map(encodeURIComponent).join('/');
