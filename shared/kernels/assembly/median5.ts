import { at, hi, lo } from "./minmax";

/**
 * The median of 25 samples, 5 columns of 5 that are already sorted downwards: line i holds the i-th least of each
 * column, `pitch` bytes below the one before it, columns `s` bytes apart. The rows are sorted, which leaves few samples
 * that can be the median; the rest was found by a search for the shortest selection, every step that cannot matter left
 * out. Correct by the 0–1 principle, checked over every pattern of zeros and ones in sorted columns.
 */
@inline export function middle25<T>(p0: usize, pitch: usize, s: usize): v128 {
  const p1 = p0 + pitch, p2 = p0 + 2 * pitch, p3 = p0 + 3 * pitch, p4 = p0 + 4 * pitch;
  const v00 = at(p0, 0), v03 = at(p0, 3 * s), t0 = lo<T>(v00, v03), t1 = hi<T>(v00, v03), v01 = at(p0, s);
  const v04 = at(p0, 4 * s), t2 = lo<T>(v01, v04), t3 = hi<T>(v01, v04), v02 = at(p0, 2 * s), t4 = lo<T>(t0, v02);
  const t5 = hi<T>(t0, v02), t6 = lo<T>(t2, t1), t7 = hi<T>(t2, t1), t8 = hi<T>(t4, t6), t9 = lo<T>(t5, t3);
  const t10 = hi<T>(t5, t3), t11 = hi<T>(t8, t9), t12 = lo<T>(t7, t10), t13 = hi<T>(t7, t10);
  const t14 = hi<T>(t11, t12), v10 = at(p1, 0), v13 = at(p1, 3 * s), t15 = lo<T>(v10, v13), t16 = hi<T>(v10, v13);
  const v11 = at(p1, s), v14 = at(p1, 4 * s), t17 = lo<T>(v11, v14), t18 = hi<T>(v11, v14), v12 = at(p1, 2 * s);
  const t19 = lo<T>(t15, v12), t20 = hi<T>(t15, v12), t21 = lo<T>(t17, t16), t22 = hi<T>(t17, t16);
  const t23 = hi<T>(t19, t21), t24 = lo<T>(t20, t18), t25 = hi<T>(t20, t18), t26 = hi<T>(t23, t24);
  const t27 = lo<T>(t22, t25), t28 = hi<T>(t22, t25), t29 = lo<T>(t26, t27), t30 = hi<T>(t26, t27);
  const v20 = at(p2, 0), v23 = at(p2, 3 * s), t31 = lo<T>(v20, v23), t32 = hi<T>(v20, v23), v21 = at(p2, s);
  const v24 = at(p2, 4 * s), t33 = lo<T>(v21, v24), t34 = hi<T>(v21, v24), v22 = at(p2, 2 * s);
  const t35 = lo<T>(t31, v22), t36 = hi<T>(t31, v22), t37 = lo<T>(t33, t32), t38 = hi<T>(t33, t32);
  const t39 = hi<T>(t35, t37), t40 = lo<T>(t36, t34), t41 = hi<T>(t36, t34), t42 = lo<T>(t39, t40);
  const t43 = hi<T>(t39, t40), t44 = lo<T>(t38, t41), t45 = lo<T>(t43, t44), t46 = hi<T>(t43, t44);
  const v30 = at(p3, 0), v33 = at(p3, 3 * s), t47 = lo<T>(v30, v33), t48 = hi<T>(v30, v33), v31 = at(p3, s);
  const v34 = at(p3, 4 * s), t49 = lo<T>(v31, v34), t50 = hi<T>(v31, v34), v32 = at(p3, 2 * s);
  const t51 = lo<T>(t47, v32), t52 = hi<T>(t47, v32), t53 = lo<T>(t49, t48), t54 = hi<T>(t49, t48);
  const t55 = lo<T>(t51, t53), t56 = hi<T>(t51, t53), t57 = lo<T>(t52, t50), t58 = hi<T>(t52, t50);
  const t59 = lo<T>(t56, t57), t60 = hi<T>(t56, t57), t61 = lo<T>(t54, t58), t62 = lo<T>(t60, t61);
  const v40 = at(p4, 0), v43 = at(p4, 3 * s), t63 = lo<T>(v40, v43), t64 = hi<T>(v40, v43), v41 = at(p4, s);
  const v44 = at(p4, 4 * s), t65 = lo<T>(v41, v44), t66 = hi<T>(v41, v44), v42 = at(p4, 2 * s);
  const t67 = lo<T>(t63, v42), t68 = hi<T>(t63, v42), t69 = lo<T>(t65, t64), t70 = lo<T>(t67, t69);
  const t71 = hi<T>(t67, t69), t72 = lo<T>(t68, t66), t73 = lo<T>(t71, t72), t74 = lo<T>(t28, t73);
  const t75 = lo<T>(t46, t62), t76 = hi<T>(t14, t55), t77 = lo<T>(t30, t59), t78 = hi<T>(t30, t59);
  const t79 = hi<T>(t29, t42), t80 = lo<T>(t75, t78), t81 = hi<T>(t77, t79), t82 = lo<T>(t45, t76);
  const t83 = hi<T>(t45, t76), t84 = lo<T>(t13, t70), t85 = hi<T>(t13, t70), t86 = lo<T>(t74, t83);
  const t87 = lo<T>(t80, t85), t88 = hi<T>(t81, t82), t89 = lo<T>(t86, t87), t90 = hi<T>(t86, t87);
  const t91 = hi<T>(t84, t88), t92 = lo<T>(t91, t90), t93 = hi<T>(t89, t92);
  return t93;
}
