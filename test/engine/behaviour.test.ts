import { Session } from '#dist/engine/session.js';
import { testBehaviour } from './behaviour.ts';
import { folder } from './harness.ts';

const path = folder();
testBehaviour({ open: () => Session.local({ workers: 1 }), path });
