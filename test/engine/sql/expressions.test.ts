import { Session } from '#dist/engine/session.js';
import { DIFFERENT } from './different.ts';
import { testExpressions } from './expression-cases.ts';

testExpressions(() => Session.local({ workers: 1 }), DIFFERENT);
