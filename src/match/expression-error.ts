// What is wrong in an expression, and where in it.

/** `offset`: of the character, as a string counts them, that the message is about. */
export interface ExpressionError {
  readonly offset: number;
  /** Lowercase, the cause and then the cure; made printable. */
  readonly message: string;
}
