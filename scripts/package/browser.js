// Scores a row in a browser: the model's files come as base64 in the global MODEL, the answer goes to the global `answer`.
import { loadScorer } from 'millstream/scoring';

async function main() {
  const files = new Map(Object.entries(globalThis.MODEL).map(([name, text]) => [name, Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]));
  const score = await loadScorer(files);
  const { prediction, probabilities } = score({ plan: 'plus', use: 6 });
  return JSON.stringify([prediction, [...probabilities]]);
}

globalThis.answer = main().then(
  (text) => `scored ${text}`,
  (error) => `failed: ${error.stack}`,
);
