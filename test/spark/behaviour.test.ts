import { inject } from 'vitest';
import { Session } from '#dist/engine/session.js';
import { testBehaviour } from '../engine/behaviour.ts';
import { folder } from '../engine/harness.ts';

const path = folder();
testBehaviour({ open: () => Session.connect(inject('sparkAddress')), path: (name) => `file://${path(name)}` });
