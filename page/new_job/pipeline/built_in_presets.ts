/** Pipelines to begin with. */
export interface Preset {
  readonly name: string;
  readonly text: string;
}

export const BUILT_IN: readonly Preset[] = [
  {
    name: "Fresher photograph",
    text: "auto_contrast(cutoff=0.3) | saturation(amount=1.15) | unsharp_mask(sigma=1.2, amount=0.6)",
  },
  { name: "Half the size, crisp", text: "resize(scale=0.5) | unsharp_mask(sigma=0.8, amount=0.5)" },
  { name: "Black and white", text: "grayscale | auto_contrast(cutoff=1)" },
  {
    name: "Old photograph",
    text: "sepia(amount=0.85) | contrast_linear(factor=0.9, pivot=128) | brightness(amount=8)",
  },
  { name: "Scanned page", text: "grayscale | median(radius=1) | otsu_threshold" },
  { name: "Less noise", text: "bilateral(radius=3, sigma_space=2, sigma_range=25)" },
  { name: "Pencil drawing", text: "blur(sigma=1.5) | edge_detection | invert" },
  { name: "Faint sky, stretched", text: "auto_levels(cutoff=0.1) | gamma(gamma=1.6)" },
];
