/** Parameters that several ops have in common. */
import { Type } from "@sinclair/typebox";

/** How far a square window reaches from its centre pixel. */
export const squareRadius = (maximum: number, initial: number) =>
  Type.Integer({
    minimum: 1,
    maximum,
    default: initial,
    title: "Radius",
    unit: "px",
    description: "How far the square reaches from its centre pixel.",
  });

/** How much tones are spread about a level. */
export const contrastFactor = () =>
  Type.Number({
    minimum: 0,
    maximum: 10,
    default: 1.5,
    title: "Factor",
    unit: "×",
    description: "Above 1 spreads the tones, below 1 narrows them.",
  });
