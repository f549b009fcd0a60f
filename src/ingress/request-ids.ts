/** As nginx's `$request_id`, 32 hexadecimal digits: a part that tells servers apart, and a count. Nothing hangs on nobody guessing them. */
export function createRequestIds(random: () => number): () => string {
  const word = (): string =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const prefix = `${word()}${word()}${word()}`;
  let count = Math.floor(random() * 2 ** 31);
  return () => {
    count = (count + 1) % 2 ** 32;
    return prefix + count.toString(16).padStart(8, '0');
  };
}
