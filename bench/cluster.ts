import { pathToFileURL } from 'node:url';
import { Session } from 'millstream';
import { SparkServer } from '../test/spark/server.ts';
import { Peers, peersPython, TELCO } from './harness.ts';

/** The Telco table where the server reads it. */
export const TELCO_THERE = pathToFileURL(TELCO).href;

/** A Spark Connect server of our own, which both sides talk to; it ends with the bench. */
export async function onCluster(bench: (cluster: { session: Session; peers: Peers; address: string }) => Promise<void>): Promise<void> {
  const starting = SparkServer.start(peersPython());
  const stop = async () => (await starting).stop();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop().finally(() => process.exit(1)));
  const { address } = await starting;
  try {
    const session = await Session.connect(address);
    const peers = new Peers();
    try {
      await bench({ session, peers, address });
    } finally {
      peers.close();
      await session.close();
    }
  } finally {
    await stop();
  }
}
