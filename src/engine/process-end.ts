/** Folders that must not outlive the process. */
const live = new Set<string>();
let listening = false;

/** Has a folder removed at the end of the process, on Ctrl-C too, unless {@link keepAtEnd} comes first. */
export function removeAtEnd(folder: string): void {
  live.add(folder);
  listen();
}

export function keepAtEnd(folder: string): void {
  live.delete(folder);
}

function listen(): void {
  if (listening) return;
  listening = true;
  process.on('exit', removeAll);
  if (!process.getBuiltinModule('node:worker_threads').isMainThread) return;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const handler = () => {
      if (process.listenerCount(signal) > 1) return; // the program's own listener says what is still to be done, a save perhaps
      removeAll();
      // Without this listener the signal does again what it does by default.
      process.off(signal, handler);
      process.kill(process.pid, signal);
    };
    process.prependListener(signal, handler); // first: a listener for one time only is none any more once it was called
  }
}

function removeAll(): void {
  // Not imported: what saves models is part of bundles for browsers.
  const { existsSync, rmSync } = process.getBuiltinModule('node:fs');
  for (const folder of live) {
    try {
      if (existsSync(folder)) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // a thread still writes there: whoever writes in that place next removes it
    }
  }
}
