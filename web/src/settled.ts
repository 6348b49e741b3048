// The server's directory follows its journal: a change counts within a second.

/** Asks until the answer shows the change, for so long. */
export async function settled<Answer>(question: () => Promise<Answer>, shows: (answer: Answer) => boolean): Promise<Answer> {
  for (let left = 10; ; left--) {
    const answer = await question();
    if (left === 0 || shows(answer)) return answer;
    await new Promise((again) => setTimeout(again, 150));
  }
}
