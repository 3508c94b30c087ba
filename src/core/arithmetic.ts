// Arithmetic in Python's notation, read by a parser and computed over numbers only: what `bantime.formula` may hold. Nothing is executed.
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/python';
import { err, ok, type Result } from './result.ts';

/** By dotted name: "ban.Time". */
type Variables = ReadonlyMap<string, number>;

/** NaN where there is no result, as of a division by 0; an infinity where it is greater than all numbers. */
export type Arithmetic = (variables: Variables) => number;

interface ArithmeticFunction {
  readonly call: (...values: number[]) => number;
  /** How many values it takes, at least and at most. */
  readonly takes: readonly [number, number];
}

const functions: ReadonlyMap<string, ArithmeticFunction> = new Map<string, ArithmeticFunction>([
  ['min', { call: Math.min, takes: [2, 99] }],
  ['max', { call: Math.max, takes: [2, 99] }],
  ['abs', { call: Math.abs, takes: [1, 1] }],
  ['int', { call: Math.trunc, takes: [1, 1] }],
  ['float', { call: (value = 0) => value, takes: [1, 1] }],
  ['round', { call: (value = 0, digits = 0) => Math.round(value * 10 ** digits) / 10 ** digits, takes: [1, 2] }],
  ['math.exp', { call: Math.exp, takes: [1, 1] }],
  [
    'math.log',
    { call: (value = 0, base = Math.E) => (value > 0 ? overNothing(Math.log(value), Math.log(base)) : Number.NaN), takes: [1, 2] },
  ],
  ['math.pow', { call: (base = 0, exponent = 0) => power(base, exponent), takes: [2, 2] }],
  ['math.sqrt', { call: Math.sqrt, takes: [1, 1] }],
  ['math.floor', { call: Math.floor, takes: [1, 1] }],
  ['math.ceil', { call: Math.ceil, takes: [1, 1] }],
]);

// Where Python has an exception, there is no number: JavaScript's infinity would pass for a very long time.
const overNothing = (a: number, b: number): number => (b === 0 ? Number.NaN : a / b);
const power = (a: number, b: number): number => (a === 0 && b < 0 ? Number.NaN : a ** b);

type Operator = (left: number, right: number) => number;

const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['+', (a, b) => a + b],
  ['-', (a, b) => a - b],
  ['*', (a, b) => a * b],
  ['/', overNothing],
  ['//', (a, b) => Math.floor(overNothing(a, b))],
  ['%', (a, b) => a - b * Math.floor(a / b)],
  ['**', power],
  // Numbers here are times and counts: no 32 bits as JavaScript's own.
  ['<<', (a, b) => a * 2 ** b],
  ['>>', (a, b) => Math.floor(a / 2 ** b)],
  ['<', (a, b) => Number(a < b)],
  ['<=', (a, b) => Number(a <= b)],
  ['>', (a, b) => Number(a > b)],
  ['>=', (a, b) => Number(a >= b)],
  ['==', (a, b) => Number(a === b)],
  ['!=', (a, b) => Number(a !== b)],
  ['and', (a, b) => (a === 0 ? a : b)],
  ['or', (a, b) => (a === 0 ? b : a)],
]);

const longestText = 1000;

/** `names`: the variables there are. The error says what is not understood, and where. */
export function compileArithmetic(text: string, names: readonly string[]): Result<Arithmetic, string> {
  if (text.length > longestText) return err(`longer than ${longestText} characters`);
  const tree = parser.parse(text);
  const statement = tree.topNode.firstChild;
  if (statement === null || statement.name !== 'ExpressionStatement' || statement.nextSibling !== null)
    return err('expected one expression');
  const expression = statement.firstChild;
  if (expression === null || expression.nextSibling !== null) return err('expected one expression');
  try {
    return ok(new Compiler(text, names).compile(expression));
  } catch (error) {
    if (error instanceof NotUnderstood) return err(error.message);
    throw error;
  }
}

class NotUnderstood extends Error {}

class Compiler {
  readonly #text: string;
  readonly #names: readonly string[];

  constructor(text: string, names: readonly string[]) {
    this.#text = text;
    this.#names = names;
  }

  compile(node: SyntaxNode): Arithmetic {
    switch (node.name) {
      case 'Number':
        return this.#number(node);
      case 'VariableName':
      case 'MemberExpression':
        return this.#variable(node);
      case 'ParenthesizedExpression':
        return this.compile(this.#child(node, 1, 3));
      case 'BinaryExpression':
        return this.#binary(node);
      case 'UnaryExpression':
        return this.#unary(node);
      case 'ConditionalExpression':
        return this.#conditional(node);
      case 'CallExpression':
        return this.#call(node);
      default:
        return this.#refuse(node);
    }
  }

  #number(node: SyntaxNode): Arithmetic {
    const value = Number(this.#textOf(node).replace(/(?<=\d)_(?=\d)/g, ''));
    return Number.isNaN(value) ? this.#refuse(node) : () => value;
  }

  #variable(node: SyntaxNode): Arithmetic {
    const name = this.#textOf(node);
    // Python's 5. and 1.e3, which the parser takes for a member of a number.
    if (/^\d[\d_]*\.(?:e\d+)?$/i.test(name)) return this.#number(node);
    return this.#names.includes(name) ? (variables) => variables.get(name) ?? Number.NaN : this.#refuse(node);
  }

  #binary(node: SyntaxNode): Arithmetic {
    const operator = operators.get(this.#textOf(this.#child(node, 1, 3)));
    const leftNode = this.#child(node, 0, 3);
    const left = this.compile(leftNode);
    const right = this.compile(this.#child(node, 2, 3));
    // a < b < c means something else in Python than one comparison after the other.
    const isChain = (child: SyntaxNode) => child.getChild('CompareOp') !== null;
    if (operator === undefined || (isChain(node) && leftNode.name === 'BinaryExpression' && isChain(leftNode))) return this.#refuse(node);
    return (variables) => operator(left(variables), right(variables));
  }

  #unary(node: SyntaxNode): Arithmetic {
    const sign = this.#textOf(this.#child(node, 0, 2));
    const value = this.compile(this.#child(node, 1, 2));
    if (sign === '-') return (variables) => -value(variables);
    return sign === '+' ? value : this.#refuse(node);
  }

  /** a if b else c */
  #conditional(node: SyntaxNode): Arithmetic {
    const [then, condition, otherwise] = [0, 2, 4].map((index) => this.compile(this.#child(node, index, 5)));
    if (then === undefined || condition === undefined || otherwise === undefined) return this.#refuse(node);
    return (variables) => (condition(variables) === 0 ? otherwise(variables) : then(variables));
  }

  #call(node: SyntaxNode): Arithmetic {
    const named = functions.get(this.#textOf(this.#child(node, 0, 2)));
    const list = this.#child(node, 1, 2);
    if (named === undefined || list.name !== 'ArgList') return this.#refuse(node);
    const values = childrenOf(list)
      .filter(({ name }) => !['(', ')', ','].includes(name))
      .map((child) => this.compile(child));
    const { call, takes } = named;
    if (values.length < takes[0] || values.length > takes[1]) return this.#refuse(node);
    return (variables) => call(...values.map((value) => value(variables)));
  }

  #child(node: SyntaxNode, index: number, count: number): SyntaxNode {
    const children = childrenOf(node);
    const child = children[index];
    return child === undefined || children.length !== count ? this.#refuse(node) : child;
  }

  #textOf = (node: SyntaxNode): string => this.#text.slice(node.from, node.to).replace(/\s+/g, '');

  #refuse(node: SyntaxNode): never {
    const words = ['numbers', ...this.#names, 'arithmetic'].join(', ');
    throw new NotUnderstood(
      `"${this.#text.slice(node.from, node.to)}" is not understood: ${words}, comparisons, "a if b else c", and ${[...functions.keys()].join(', ')} are`,
    );
  }
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}
