import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user's project in a temporary folder, with the built package as its only dependency. */
export class Consumer {
  readonly folder = mkdtempSync(join(tmpdir(), 'millstream-consumer-'));

  constructor() {
    mkdirSync(join(this.folder, 'node_modules'));
    symlinkSync(root, join(this.folder, 'node_modules/millstream'), 'dir');
    for (const name of ['@types', 'zod', 'apache-arrow', 'esbuild']) {
      if (existsSync(join(root, 'node_modules', name))) symlinkSync(join(root, 'node_modules', name), join(this.folder, 'node_modules', name), 'dir');
    }
    this.write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
  }

  /** Compiles TypeScript files as strictly as the compiler can; what it said, `code` 0 when all is well. */
  compile(files: readonly string[], options: Readonly<Record<string, unknown>> = {}): Promise<Said> {
    const compilerOptions = {
      ...{ target: 'es2023', lib: ['es2023', 'dom', 'esnext.disposable'], module: 'nodenext', moduleResolution: 'nodenext', types: ['node'] },
      ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, skipLibCheck: true, outDir: 'built', rootDir: '.' },
      ...options,
    };
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
    return this.node([join(root, 'node_modules/typescript/bin/tsc'), '-p', this.folder]);
  }

  /** Runs node in the project. */
  async node(args: readonly string[]): Promise<Said> {
    try {
      const { stdout, stderr } = await execute(process.execPath, args, { cwd: this.folder, timeout: 60_000 });
      return { code: 0, stdout, stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code?: number; stdout: string; stderr: string };
      return { code: typeof code === 'number' ? code : -1, stdout, stderr };
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The code blocks of a Markdown text in one language. */
export function codeBlocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, name]) => name === language).map(([, , code]) => code as string);
}
