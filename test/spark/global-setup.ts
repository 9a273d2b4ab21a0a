import type { TestProject } from 'vitest/node';
import { SparkServer } from './server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Address of the Spark Connect server that all suites share. */
    sparkAddress: string;
  }
}

/** One server for the run; without one the run fails. `SPARK_ADDRESS` names one that runs already. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const running = process.env.SPARK_ADDRESS;
  if (running) {
    project.provide('sparkAddress', running);
    return undefined;
  }
  const server = await SparkServer.start(process.env.SPARK_PYTHON as string);
  project.provide('sparkAddress', server.address);
  return () => server.stop();
}
