import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RowScorer, ScorableRow } from 'millstream/pipeline';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const DATA = process.env.BENCH_DATA ?? join(ROOT, '.cache/bench-data');
export const TELCO = join(ROOT, 'examples/data/telco-churn.csv');

export const CATEGORIES = [
  ...['gender', 'SeniorCitizen', 'Partner', 'Dependents', 'PhoneService', 'MultipleLines', 'InternetService', 'OnlineSecurity'],
  ...['OnlineBackup', 'DeviceProtection', 'TechSupport', 'StreamingTV', 'StreamingMovies', 'Contract', 'PaperlessBilling', 'PaymentMethod'],
];
export const NUMBERS = ['tenure', 'MonthlyCharges', 'TotalCharges'];

/** One side's figures of one run; a score is what the run achieved (AUC, objective), null where there is none. */
export interface Result {
  seconds: number;
  score: number | readonly number[] | null;
}
interface PeerResult extends Result {
  name: string;
  peakMiB: number;
}

/** The peers' process; requests go one at a time. */
export class Peers {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor() {
    this.#process = spawn(peersPython(), [join(ROOT, 'bench/peers/peers.py')], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#process.stderr.resume();
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async run(request: { task: string; rows?: number; [key: string]: unknown }): Promise<PeerResult> {
    this.#process.stdin.write(`${JSON.stringify({ data: DATA, telco: TELCO, ...request })}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the peers' process ended during ${request.task}`);
    const answer = JSON.parse(value) as PeerResult & { error?: string };
    if (answer.error) throw new Error(`peer ${request.task}: ${answer.error}`);
    return answer;
  }

  close(): void {
    this.#process.stdin.end();
    this.#process.kill();
  }
}

/** The interpreter named by PEERS_PYTHON, or one of a virtual environment made from `bench/peers/requirements.txt`. */
export function peersPython(): string {
  if (process.env.PEERS_PYTHON) return process.env.PEERS_PYTHON;
  const home = join(ROOT, '.cache/peers');
  const python = join(home, 'bin/python');
  if (!existsSync(python)) {
    console.error('making the virtual environment of the peers (some minutes, once)');
    execFileSync('python3', ['-m', 'venv', home], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'pip', 'install', '-q', '-r', join(ROOT, 'bench/peers/requirements.txt')], { stdio: 'inherit' });
  }
  return python;
}

/** The path of a seeded table, made at the first call. */
export function table(name: 'dense' | 'tabular' | 'churn', rows: number): string {
  const path = join(DATA, `${name}-${rows}.parquet`);
  if (!existsSync(path)) {
    mkdirSync(DATA, { recursive: true });
    console.error(`making ${name}-${rows}.parquet`);
    execFileSync(peersPython(), [join(ROOT, 'bench/peers/make_data.py'), DATA, name, String(rows)], { stdio: 'inherit' });
  }
  return path;
}

export async function timed<T>(job: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  const start = process.hrtime.bigint();
  const result = await job();
  return { result, seconds: Number(process.hrtime.bigint() - start) / 1e9 };
}

/** Lets the other side's compilers and collectors come to rest, which would otherwise run into this side's time. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000));
}

/** Runs ours and the peer in turn, after as many warm-ups of both, and prints one JSON line a pair, then the median ratio and its spread on stderr. */
export async function pairs(
  bench: string,
  rows: number,
  target: number,
  ours: () => Promise<Result>,
  peer: () => Promise<PeerResult>,
  { count = Number(process.env.BENCH_PAIRS ?? 5), warmUps = 1 }: { count?: number; warmUps?: number } = {},
): Promise<void> {
  for (let i = 0; i < warmUps; i++) {
    await ours();
    await peer();
  }
  const ratios: number[] = [];
  for (let i = 0; i < count; i++) {
    await settle();
    const mine = await ours();
    await settle();
    const theirs = await peer();
    ratios.push(mine.seconds / theirs.seconds);
    print(bench, rows, mine, theirs, mine.seconds / theirs.seconds);
  }
  const middle = median(ratios);
  const spread = `${Math.min(...ratios).toPrecision(3)} … ${Math.max(...ratios).toPrecision(3)}`;
  console.error(`${bench}: median ratio ${middle.toPrecision(3)} (${spread}), target ≤ ${target}: ${middle <= target ? 'met' : 'MISSED'}`);
}

/** Times single calls of a row scorer, each on another row and ten times over, in turn with the peer if there is one; the score is the share of positives. */
export async function rowCalls(bench: string, score: RowScorer, rows: readonly ScorableRow[], peer?: () => Promise<PeerResult>): Promise<void> {
  const medians: number[] = [];
  for (let pair = 0; pair < Number(process.env.BENCH_PAIRS ?? 5); pair++) {
    const times: number[] = [];
    let positives = 0;
    for (let turn = 0; turn < 10; turn++) {
      for (const row of rows) {
        const start = process.hrtime.bigint();
        positives += Number(score(row).prediction);
        times.push(Number(process.hrtime.bigint() - start));
      }
    }
    const seconds = median(times) / 1e9;
    medians.push(seconds);
    const theirs = peer ? await peer() : null;
    print(bench, 1, { seconds, score: positives / times.length }, theirs, theirs && seconds / theirs.seconds);
  }
  const micros = median(medians) * 1e6;
  console.error(`${bench}: median ${micros.toFixed(2)} µs a row, target ≤ 5 µs: ${micros <= 5 ? 'met' : 'MISSED'}`);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** One pair as a line of JSON. */
export function print(bench: string, rows: number, ours: Result, peer: PeerResult | null, ratio: number | null): void {
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  const side = peer && { name: peer.name, seconds: peer.seconds, score: peer.score, peakMiB: peer.peakMiB };
  console.log(
    JSON.stringify({ bench, rows, ours: { ...ours, peakMiB }, peer: side ?? { name: null, seconds: null, score: null, peakMiB: null }, ratio }),
  );
}
