// Runs a module in a worker thread.
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';

const worker = new Worker(resolve(process.argv[2]));
worker.on('error', (error) => {
  console.error(error);
  process.exitCode = 1;
});
