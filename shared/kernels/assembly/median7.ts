import { at, hi, lo } from "./minmax";

/**
 * The median of 49 samples, 7 columns of 7 that are already sorted downwards: line i holds the i-th least of each
 * column, `pitch` bytes below the one before it, columns `s` bytes apart. The rows are sorted, which leaves few samples
 * that can be the median; the rest was found by a search for the shortest selection, every step that cannot matter left
 * out. Correct by the 0–1 principle, checked over every pattern of zeros and ones in sorted columns.
 */
@inline export function middle49<T>(p0: usize, pitch: usize, s: usize): v128 {
  const p1 = p0 + pitch, p2 = p0 + 2 * pitch, p3 = p0 + 3 * pitch, p4 = p0 + 4 * pitch, p5 = p0 + 5 * pitch, p6 = p0 + 6 * pitch;
  const v00 = at(p0, 0), v06 = at(p0, 6 * s), t0 = lo<T>(v00, v06), t1 = hi<T>(v00, v06), v02 = at(p0, 2 * s);
  const v03 = at(p0, 3 * s), t2 = lo<T>(v02, v03), t3 = hi<T>(v02, v03), v04 = at(p0, 4 * s), v05 = at(p0, 5 * s);
  const t4 = lo<T>(v04, v05), t5 = hi<T>(v04, v05), t6 = lo<T>(t0, t2), t7 = hi<T>(t0, t2), v01 = at(p0, s);
  const t8 = lo<T>(v01, t4), t9 = hi<T>(v01, t4), t10 = lo<T>(t3, t1), t11 = hi<T>(t3, t1), t12 = hi<T>(t6, t8);
  const t13 = lo<T>(t7, t5), t14 = hi<T>(t7, t5), t15 = lo<T>(t10, t9), t16 = hi<T>(t10, t9);
  const t17 = hi<T>(t12, t13), t18 = lo<T>(t16, t11), t19 = hi<T>(t16, t11), t20 = hi<T>(t17, t15);
  const t21 = lo<T>(t18, t14), t22 = hi<T>(t18, t14), t23 = hi<T>(t20, t21), t24 = lo<T>(t22, t19);
  const t25 = hi<T>(t22, t19), v10 = at(p1, 0), v16 = at(p1, 6 * s), t26 = lo<T>(v10, v16), t27 = hi<T>(v10, v16);
  const v12 = at(p1, 2 * s), v13 = at(p1, 3 * s), t28 = lo<T>(v12, v13), t29 = hi<T>(v12, v13);
  const v14 = at(p1, 4 * s), v15 = at(p1, 5 * s), t30 = lo<T>(v14, v15), t31 = hi<T>(v14, v15);
  const t32 = lo<T>(t26, t28), t33 = hi<T>(t26, t28), v11 = at(p1, s), t34 = lo<T>(v11, t30);
  const t35 = hi<T>(v11, t30), t36 = lo<T>(t29, t27), t37 = hi<T>(t29, t27), t38 = hi<T>(t32, t34);
  const t39 = lo<T>(t33, t31), t40 = hi<T>(t33, t31), t41 = lo<T>(t36, t35), t42 = hi<T>(t36, t35);
  const t43 = hi<T>(t38, t39), t44 = lo<T>(t42, t37), t45 = hi<T>(t42, t37), t46 = hi<T>(t43, t41);
  const t47 = lo<T>(t44, t40), t48 = hi<T>(t44, t40), t49 = lo<T>(t46, t47), t50 = hi<T>(t46, t47);
  const t51 = lo<T>(t48, t45), t52 = hi<T>(t48, t45), v20 = at(p2, 0), v26 = at(p2, 6 * s), t53 = lo<T>(v20, v26);
  const t54 = hi<T>(v20, v26), v22 = at(p2, 2 * s), v23 = at(p2, 3 * s), t55 = lo<T>(v22, v23);
  const t56 = hi<T>(v22, v23), v24 = at(p2, 4 * s), v25 = at(p2, 5 * s), t57 = lo<T>(v24, v25);
  const t58 = hi<T>(v24, v25), t59 = lo<T>(t53, t55), t60 = hi<T>(t53, t55), v21 = at(p2, s);
  const t61 = lo<T>(v21, t57), t62 = hi<T>(v21, t57), t63 = lo<T>(t56, t54), t64 = hi<T>(t56, t54);
  const t65 = hi<T>(t59, t61), t66 = lo<T>(t60, t58), t67 = hi<T>(t60, t58), t68 = lo<T>(t63, t62);
  const t69 = hi<T>(t63, t62), t70 = lo<T>(t65, t66), t71 = hi<T>(t65, t66), t72 = lo<T>(t69, t64);
  const t73 = hi<T>(t69, t64), t74 = lo<T>(t71, t68), t75 = hi<T>(t71, t68), t76 = lo<T>(t72, t67);
  const t77 = hi<T>(t72, t67), t78 = hi<T>(t70, t74), t79 = lo<T>(t75, t76), t80 = hi<T>(t75, t76);
  const t81 = lo<T>(t77, t73), t82 = hi<T>(t77, t73), v30 = at(p3, 0), v36 = at(p3, 6 * s), t83 = lo<T>(v30, v36);
  const t84 = hi<T>(v30, v36), v32 = at(p3, 2 * s), v33 = at(p3, 3 * s), t85 = lo<T>(v32, v33);
  const t86 = hi<T>(v32, v33), v34 = at(p3, 4 * s), v35 = at(p3, 5 * s), t87 = lo<T>(v34, v35);
  const t88 = hi<T>(v34, v35), t89 = lo<T>(t83, t85), t90 = hi<T>(t83, t85), v31 = at(p3, s);
  const t91 = lo<T>(v31, t87), t92 = hi<T>(v31, t87), t93 = lo<T>(t86, t84), t94 = hi<T>(t86, t84);
  const t95 = hi<T>(t89, t91), t96 = lo<T>(t90, t88), t97 = hi<T>(t90, t88), t98 = lo<T>(t93, t92);
  const t99 = hi<T>(t93, t92), t100 = lo<T>(t95, t96), t101 = hi<T>(t95, t96), t102 = lo<T>(t99, t94);
  const t103 = hi<T>(t99, t94), t104 = lo<T>(t101, t98), t105 = hi<T>(t101, t98), t106 = lo<T>(t102, t97);
  const t107 = hi<T>(t102, t97), t108 = lo<T>(t100, t104), t109 = hi<T>(t100, t104), t110 = lo<T>(t105, t106);
  const t111 = hi<T>(t105, t106), t112 = lo<T>(t107, t103), v40 = at(p4, 0), v46 = at(p4, 6 * s);
  const t113 = lo<T>(v40, v46), t114 = hi<T>(v40, v46), v42 = at(p4, 2 * s), v43 = at(p4, 3 * s);
  const t115 = lo<T>(v42, v43), t116 = hi<T>(v42, v43), v44 = at(p4, 4 * s), v45 = at(p4, 5 * s);
  const t117 = lo<T>(v44, v45), t118 = hi<T>(v44, v45), t119 = lo<T>(t113, t115), t120 = hi<T>(t113, t115);
  const v41 = at(p4, s), t121 = lo<T>(v41, t117), t122 = hi<T>(v41, t117), t123 = lo<T>(t116, t114);
  const t124 = hi<T>(t116, t114), t125 = lo<T>(t119, t121), t126 = hi<T>(t119, t121), t127 = lo<T>(t120, t118);
  const t128 = hi<T>(t120, t118), t129 = lo<T>(t123, t122), t130 = hi<T>(t123, t122), t131 = lo<T>(t126, t127);
  const t132 = hi<T>(t126, t127), t133 = lo<T>(t130, t124), t134 = lo<T>(t132, t129), t135 = hi<T>(t132, t129);
  const t136 = lo<T>(t133, t128), t137 = lo<T>(t131, t134), t138 = hi<T>(t131, t134), t139 = lo<T>(t135, t136);
  const t140 = hi<T>(t135, t136), v50 = at(p5, 0), v56 = at(p5, 6 * s), t141 = lo<T>(v50, v56);
  const t142 = hi<T>(v50, v56), v52 = at(p5, 2 * s), v53 = at(p5, 3 * s), t143 = lo<T>(v52, v53);
  const t144 = hi<T>(v52, v53), v54 = at(p5, 4 * s), v55 = at(p5, 5 * s), t145 = lo<T>(v54, v55);
  const t146 = hi<T>(v54, v55), t147 = lo<T>(t141, t143), t148 = hi<T>(t141, t143), v51 = at(p5, s);
  const t149 = lo<T>(v51, t145), t150 = hi<T>(v51, t145), t151 = lo<T>(t144, t142), t152 = hi<T>(t144, t142);
  const t153 = lo<T>(t147, t149), t154 = hi<T>(t147, t149), t155 = lo<T>(t148, t146), t156 = hi<T>(t148, t146);
  const t157 = lo<T>(t151, t150), t158 = hi<T>(t151, t150), t159 = lo<T>(t154, t155), t160 = hi<T>(t154, t155);
  const t161 = lo<T>(t158, t152), t162 = lo<T>(t160, t157), t163 = hi<T>(t160, t157), t164 = lo<T>(t161, t156);
  const t165 = lo<T>(t159, t162), t166 = hi<T>(t159, t162), t167 = lo<T>(t163, t164), v60 = at(p6, 0);
  const v66 = at(p6, 6 * s), t168 = lo<T>(v60, v66), t169 = hi<T>(v60, v66), v62 = at(p6, 2 * s);
  const v63 = at(p6, 3 * s), t170 = lo<T>(v62, v63), t171 = hi<T>(v62, v63), v64 = at(p6, 4 * s);
  const v65 = at(p6, 5 * s), t172 = lo<T>(v64, v65), t173 = hi<T>(v64, v65), t174 = lo<T>(t168, t170);
  const t175 = hi<T>(t168, t170), v61 = at(p6, s), t176 = lo<T>(v61, t172), t177 = hi<T>(v61, t172);
  const t178 = lo<T>(t171, t169), t179 = lo<T>(t174, t176), t180 = hi<T>(t174, t176), t181 = lo<T>(t175, t173);
  const t182 = lo<T>(t178, t177), t183 = lo<T>(t180, t181), t184 = hi<T>(t180, t181), t185 = lo<T>(t184, t182);
  const t186 = lo<T>(t183, t185), t187 = hi<T>(t183, t185), t188 = hi<T>(t78, t108), t189 = lo<T>(t112, t140);
  const t190 = lo<T>(t82, t167), t191 = lo<T>(t189, t187), t192 = hi<T>(t23, t49), t193 = lo<T>(t111, t166);
  const t194 = lo<T>(t81, t186), t195 = hi<T>(t192, t188), t196 = lo<T>(t24, t79), t197 = hi<T>(t24, t79);
  const t198 = hi<T>(t109, t125), t199 = hi<T>(t50, t137), t200 = lo<T>(t52, t139), t201 = lo<T>(t51, t165);
  const t202 = hi<T>(t51, t165), t203 = lo<T>(t80, t179), t204 = hi<T>(t80, t179), t205 = lo<T>(t202, t204);
  const t206 = hi<T>(t202, t204), t207 = lo<T>(t201, t153), t208 = hi<T>(t201, t153), t209 = hi<T>(t196, t207);
  const t210 = lo<T>(t209, t203), t211 = hi<T>(t209, t203), t212 = lo<T>(t200, t197), t213 = hi<T>(t200, t197);
  const t214 = lo<T>(t194, t138), t215 = hi<T>(t194, t138), t216 = lo<T>(t190, t215), t217 = hi<T>(t190, t215);
  const t218 = lo<T>(t217, t206), t219 = lo<T>(t212, t214), t220 = hi<T>(t212, t214), t221 = hi<T>(t210, t219);
  const t222 = lo<T>(t191, t218), t223 = lo<T>(t211, t193), t224 = hi<T>(t211, t193), t225 = lo<T>(t221, t223);
  const t226 = hi<T>(t221, t223), t227 = lo<T>(t25, t208), t228 = hi<T>(t25, t208), t229 = lo<T>(t213, t199);
  const t230 = hi<T>(t213, t199), t231 = lo<T>(t229, t195), t232 = hi<T>(t229, t195), t233 = lo<T>(t230, t228);
  const t234 = hi<T>(t230, t228), t235 = lo<T>(t227, t198), t236 = hi<T>(t227, t198), t237 = hi<T>(t235, t225);
  const t238 = lo<T>(t236, t233), t239 = hi<T>(t236, t233), t240 = lo<T>(t220, t224), t241 = hi<T>(t220, t224);
  const t242 = lo<T>(t237, t238), t243 = hi<T>(t237, t238), t244 = hi<T>(t242, t226), t245 = hi<T>(t231, t243);
  const t246 = lo<T>(t216, t239), t247 = hi<T>(t216, t239), t248 = lo<T>(t247, t234), t249 = lo<T>(t246, t205);
  const t250 = hi<T>(t246, t205), t251 = lo<T>(t110, t248), t252 = hi<T>(t110, t248), t253 = lo<T>(t249, t251);
  const t254 = hi<T>(t249, t251), t255 = lo<T>(t222, t250), t256 = hi<T>(t222, t250), t257 = lo<T>(t252, t256);
  const t258 = lo<T>(t255, t257), t259 = hi<T>(t255, t257), t260 = lo<T>(t254, t241), t261 = hi<T>(t254, t241);
  const t262 = hi<T>(t240, t253), t263 = lo<T>(t262, t245), t264 = hi<T>(t262, t245), t265 = lo<T>(t260, t258);
  const t266 = hi<T>(t260, t258), t267 = lo<T>(t261, t264), t268 = hi<T>(t263, t265), t269 = lo<T>(t232, t267);
  const t270 = hi<T>(t232, t267), t271 = hi<T>(t269, t268), t272 = lo<T>(t270, t266), t273 = lo<T>(t272, t259);
  const t274 = lo<T>(t271, t273), t275 = hi<T>(t271, t273), t276 = hi<T>(t244, t274), t277 = lo<T>(t276, t275);
  return t277;
}
