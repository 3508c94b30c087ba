// Zones as log lines and `logtimezone` name them: fail2ban's abbreviations, each with one fixed offset (CET is never summer time), and offsets.

/** What to say of a name that `parseZoneMinutes` does not know. */
export const unknownZone = 'no such time zone; write UTC+hhmm or an abbreviation such as CET';

/** Hours east of Greenwich. */
const minutesOf: ReadonlyMap<string, number> = new Map(
  (
    [
      [-12, 'Y'],
      [-11, 'NUT SST X'],
      [-10, 'CKT HAST HST TAHT TKT W'],
      [-9.5, 'MART MIT'],
      [-9, 'AKST GAMT GIT HADT HNY V'],
      [-8, 'AKDT CIST HAY HNP PST PT U'],
      [-7, 'HAP HNR MST PDT T'],
      [-6, 'CST EAST GALT HAR HNC MDT S'],
      [-5, 'CDT COT EASST ECT EST ET HAC HNE PET R'],
      [-4.5, 'HLV VET'],
      [-4, 'AST BOT CLT COST EDT FKT GYT HAE HNA PYT Q'],
      [-3.5, 'HNT NST NT'],
      [-3, 'ADT ART BRT CLST FKST GFT HAA P PMST PYST SRT UYT WGT'],
      [-2.5, 'HAT NDT'],
      [-2, 'BRST FNT O PMDT UYST WGST'],
      [-1, 'AZOT CVT EGT N'],
      [0, 'EGST GMT UTC WET WT Z'],
      [1, 'A CET DFT WAT WEDT WEST'],
      [2, 'B CAT CEDT CEST EET SAST WAST'],
      [3, 'C EAT EEDT EEST IDT MSK'],
      [3.5, 'IRST'],
      [4, 'AMT AZT D GET GST KUYT MSD MUT RET SAMT SCT'],
      [4.5, 'AFT IRDT'],
      [5, 'AMST AQTT AZST E HMT MAWT MVT PKT TFT TJT TMT UZT YEKT'],
      [5.5, 'SLT'],
      [5.75, 'NPT'],
      [6, 'ALMT BIOT BTT F IOT KGT NOVT OMST YEKST'],
      [6.5, 'CCT MMT'],
      [7, 'CXT DAVT G HOVT ICT KRAT NOVST OMSST THA WIB'],
      [8, 'ACT AWST BDT BNT CAST H HKT IRKT KRAST MYT PHT SGT ULAT WITA WST'],
      [9, 'AWDT I IRKST JST KST PWT TLT WDT WIT YAKT'],
      [9.5, 'ACST'],
      [10, 'AEST ChST K PGT VLAT YAKST YAPT'],
      [10.5, 'ACDT LHST'],
      [11, 'AEDT L LHDT MAGT NCT PONT SBT VLAST VUT'],
      [11.5, 'NFT'],
      [12, 'ANAST ANAT FJT GILT M MAGST MHT NZST PETST PETT TVT WFT'],
      [13, 'FJST NZDT'],
    ] as const
  ).flatMap(([hours, names]) => names.split(' ').map((name): [string, number] => [name, hours * 60])),
);

const zonePattern = /^([A-Z](?:[A-Z]{2,4})?)?(?:([+-])([01]\d)(?::?(\d{2}))?)?$/;

/** Minutes east of Greenwich of `UTC`, `CEST`, `+0200`, `-05:00`, `UTC+03`; undefined for what is none of these, in lower case too. */
export function parseZoneMinutes(text: string): number | undefined {
  const match = zonePattern.exec(text);
  if (match === null) return undefined;
  const [, name, sign, hours = '0', minutes = '0'] = match;
  const named = name === undefined ? 0 : minutesOf.get(name);
  return named === undefined ? undefined : named + (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
