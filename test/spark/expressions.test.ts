import { inject } from 'vitest';
import { Session } from '#dist/engine/session.js';
import { testExpressions } from '../engine/sql/expression-cases.ts';
import { DIFFERENT } from './different.ts';

testExpressions(() => Session.connect(inject('sparkAddress')), DIFFERENT);
