// `datepattern` (jail.conf(5)): one pattern a line, each a template, or a name for fail2ban's default list or for a form of it.
import { printable } from '../core/printable.ts';
import { err, ok, type Result } from '../core/result.ts';
import { defaultTemplates } from './date-default-templates.ts';
import { createTemplate, createWrapped, type DateTemplate } from './date-template.ts';
import { findUnknownToken } from './date-token.ts';

/** What a person must mend in a pattern, or in the time zone. */
export interface DatePatternError {
  /** The line of `datepattern` as it stands there. */
  readonly text: string;
  /** An index into it, where that is known. */
  readonly offset?: number;
  readonly message: string;
}

/** A template, and the line that it comes from. */
export interface PatternTemplate {
  readonly line: string;
  readonly template: DateTemplate;
}

/** Without a pattern the default list. `lastYear`: see expandTokens. */
export function parseDatePattern(datepattern: string | undefined, lastYear: number): Result<PatternTemplate[], DatePatternError[]> {
  const lines = (datepattern ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const errors: DatePatternError[] = [];
  const byName = new Map<string, PatternTemplate>();
  for (const line of lines.length === 0 ? ['{DEFAULT}'] : lines) {
    const offset = findUnknownToken(line);
    if (offset !== -1) {
      const [percent, letter = ''] = line.slice(offset);
      errors.push({ text: line, offset, message: `there is no date field "${percent}${printable(letter)}"; write %% for a percent sign` });
      continue;
    }
    const { templates, isList } = templatesOf(line, lastYear);
    for (const template of templates) {
      if (!byName.has(template.name)) byName.set(template.name, { line, template });
      else if (!isList) errors.push({ text: line, message: 'this date pattern stands twice; remove one' });
    }
  }
  return errors.length > 0 ? err(errors) : ok([...byName.values()]);
}

/** Of a list those that are there already are passed over. */
function templatesOf(line: string, lastYear: number): { readonly templates: readonly DateTemplate[]; readonly isList: boolean } {
  const { all, base } = defaultTemplates(lastYear);
  // A template of the list is of the list wherever it stands, with its weight.
  const shared = (template: DateTemplate): DateTemplate =>
    all.find(({ name, source }) => name === template.name && source === template.source) ?? template;
  const key = line.includes('%') ? line : line.toUpperCase();
  // As jail.conf(5) has it; fail2ban 1.0.2 adds nothing where another pattern stands before it.
  if (key === '{DEFAULT}') return { templates: all, isList: true };
  if (key === '{^LN-BEG}') return { templates: all.filter(({ isAnchored }) => isAnchored), isList: true };
  if (key.includes('{DATE}')) return { templates: base.map((template) => shared(createWrapped(line, template, lastYear))), isList: true };
  return { templates: [shared(createTemplate(key === '{NONE}' ? '{UNB}^' : line, lastYear))], isList: false };
}
