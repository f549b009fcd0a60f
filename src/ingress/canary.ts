/** When a request goes to the alternative backend. */
export interface CanaryRules {
  readonly header?: string;
  /** The only value of `header` that selects the alternative. */
  readonly headerValue?: string;
  /** A regular expression for `header`; ignored beside `headerValue`. */
  readonly headerPattern?: string;
  readonly cookie?: string;
  /** The share of what neither header nor cookie decides. */
  readonly weight: number;
  readonly weightTotal: number;
}

/** What of a request canary rules look at. */
export interface CanaryQuestion {
  /** The first value of a header, by lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly cookie: (name: string) => string | undefined;
  readonly random: () => number;
}

/** What decided, and which way. */
export interface CanaryChoice {
  readonly isCanary: boolean;
  readonly because: string;
}

/** Whether a request goes to the alternative: the header first, then the cookie, then the dice. @see ingress-nginx, "Canary" */
export function chooseCanary(rules: CanaryRules, question: CanaryQuestion): CanaryChoice {
  return byHeader(rules, question) ?? byCookie(rules, question) ?? byWeight(rules, question);
}

function byHeader(rules: CanaryRules, { header }: CanaryQuestion): CanaryChoice | undefined {
  const { header: name, headerValue, headerPattern } = rules;
  const value = name === undefined ? undefined : header(name.toLowerCase());
  if (name === undefined || value === undefined) return undefined;
  if (headerValue !== undefined)
    return value === headerValue ? yes(`${name}: ${value}`) : undefined;
  if (headerPattern !== undefined) return byPattern(headerPattern, name, value);
  return byWord(value, `${name}: ${value}`);
}

function byPattern(pattern: string, name: string, value: string): CanaryChoice | undefined {
  const because = `${name} matches ${pattern}`;
  try {
    return new RegExp(pattern).test(value) ? yes(because) : undefined;
  } catch {
    // What cannot be read selects nobody, and leaves nothing to cookie and weight.
    return { isCanary: false, because: `${pattern} is no regular expression` };
  }
}

function byCookie(rules: CanaryRules, { cookie }: CanaryQuestion): CanaryChoice | undefined {
  const { cookie: name } = rules;
  const value = name === undefined ? undefined : cookie(name);
  return value === undefined ? undefined : byWord(value, `cookie ${name}=${value}`);
}

function byWord(word: string, because: string): CanaryChoice | undefined {
  if (word === 'always') return yes(because);
  return word === 'never' ? { isCanary: false, because } : undefined;
}

function byWeight({ weight, weightTotal }: CanaryRules, { random }: CanaryQuestion): CanaryChoice {
  const because = `weight ${weight} of ${weightTotal}`;
  return { isCanary: Math.floor(random() * weightTotal) + 1 <= weight, because };
}

function yes(because: string): CanaryChoice {
  return { isCanary: true, because };
}
