/** An expression that cannot be read, or not be worked out. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}
