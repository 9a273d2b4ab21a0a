/** What is found, asked again until it is what is wanted or half a minute has passed: on a server that others use, and that removes things behind. */
export async function soon<T>(wanted: T, find: () => Promise<T>): Promise<T> {
  const text = JSON.stringify(wanted);
  let found = await find();
  for (let tries = 0; tries < 300 && JSON.stringify(found) !== text; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    found = await find();
  }
  return found;
}
