const { Session, Vectors } = require('millstream');
const { loadScorer } = require('millstream/scoring');
const { StringIndexer } = require('millstream/feature');

(async () => {
  const session = await Session.local({ workers: 1 });
  const five = await session.range(5).count();
  await session.close();
  if (five !== 5 || String(Vectors.dense(1)) !== '[1.0]' || typeof loadScorer !== 'function' || !StringIndexer) throw new Error('wrong');
  console.log('ok');
})();
