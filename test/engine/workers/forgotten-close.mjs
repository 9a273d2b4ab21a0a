// Uses a pool and does not close it: the process must end all the same.
import { WorkerPool } from '#dist/engine/local/workers/pool.js';

const pool = new WorkerPool({ workers: 2 });
console.log(await pool.run({ module: new URL('./tasks.mjs', import.meta.url).href, name: 'double', args: 21 }));
