import type { ParameterSchema } from "./parameters.ts";

/** What every kind of field is given. */
export interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly schema: ParameterSchema;
  readonly value: unknown;
  /** While a gesture goes on, its changes are one. */
  readonly onChange: (value: unknown, isGesture?: boolean) => void;
  /** Ids of what describes it. */
  readonly described: string;
  readonly isWrong: boolean;
}
