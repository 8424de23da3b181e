define void @head(ptr %operation, ptr %addresses) {
entry:
  %s57 = alloca double
  %s92 = alloca <16 x float>
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds i64, ptr %operation, i64 14
  %v28 = load i64, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 %v28
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds i64, ptr %operation, i64 15
  %v32 = load i64, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v30, i64 %v32
  %v34 = getelementptr inbounds i64, ptr %operation, i64 16
  %v35 = load i64, ptr %v34
  %v36 = getelementptr inbounds i64, ptr %operation, i64 17
  %v37 = load i64, ptr %v36
  %v38 = getelementptr inbounds ptr, ptr %addresses, i64 %v37
  %v39 = load ptr, ptr %v38
  %v40 = getelementptr inbounds i64, ptr %operation, i64 18
  %v41 = load i64, ptr %v40
  %v42 = getelementptr inbounds float, ptr %v39, i64 %v41
  %v43 = getelementptr inbounds i64, ptr %operation, i64 19
  %v44 = load i64, ptr %v43
  %v45 = getelementptr inbounds ptr, ptr %addresses, i64 6
  %v46 = load ptr, ptr %v45
  %v47 = getelementptr inbounds ptr, ptr %addresses, i64 2
  %v48 = load ptr, ptr %v47
  %v49 = getelementptr inbounds ptr, ptr %addresses, i64 3
  %v50 = load ptr, ptr %v49
  %v51 = getelementptr inbounds float, ptr %v50, i64 0
  %v52 = load float, ptr %v51
  %v53 = sub i64 %v3, 1
  %v54 = mul i64 0, %v44
  %v55 = add i64 %v54, %v5
  %v56 = getelementptr inbounds float, ptr %v42, i64 %v55
  store double 0.0, ptr %s57
  %v58 = getelementptr inbounds float, ptr %v46, i64 16
  br label %head59
head59:
  %i59 = phi i64 [ %v1, %entry ], [ %next59, %latch59 ]
  %more59 = icmp slt i64 %i59, %v3
  br i1 %more59, label %body59, label %exit59
body59:
  br label %head60
head60:
  %i60 = phi i64 [ 0, %body59 ], [ %next60, %latch60 ]
  %more60 = icmp slt i64 %i60, 16
  br i1 %more60, label %body60, label %exit60
body60:
  %v61 = add i64 %i59, %i60
  %v62 = icmp slt i64 %v61, %v53
  %v63 = select i1 %v62, i64 %v61, i64 %v53
  %v64 = getelementptr inbounds float, ptr %v48, i64 %v63
  %v65 = load float, ptr %v64
  %v66 = fmul float %v65, %v52
  %v67 = getelementptr inbounds float, ptr %v46, i64 %i60
  store float %v66, ptr %v67
  %v68 = mul i64 %v63, %v17
  %v69 = add i64 %v68, %v5
  %v70 = getelementptr inbounds float, ptr %v15, i64 %v69
  %v71 = mul i64 %v63, %v26
  %v72 = add i64 %v71, %v5
  %v73 = getelementptr inbounds float, ptr %v24, i64 %v72
  br label %head74
head74:
  %i74 = phi i64 [ 0, %body60 ], [ %next74, %latch74 ]
  %more74 = icmp slt i64 %i74, %v8
  br i1 %more74, label %body74, label %exit74
body74:
  %v75 = getelementptr inbounds float, ptr %v70, i64 %i74
  %v76 = load float, ptr %v75
  %v77 = mul i64 %v8, 0
  %v78 = add i64 %v77, %i74
  %v79 = add i64 %v78, 2
  %v80 = mul i64 %v79, 16
  %v81 = getelementptr inbounds float, ptr %v46, i64 %v80
  %v82 = getelementptr inbounds float, ptr %v81, i64 %i60
  store float %v76, ptr %v82
  %v83 = getelementptr inbounds float, ptr %v73, i64 %i74
  %v84 = load float, ptr %v83
  %v85 = mul i64 %v8, 1
  %v86 = add i64 %v85, %i74
  %v87 = add i64 %v86, 2
  %v88 = mul i64 %v87, 16
  %v89 = getelementptr inbounds float, ptr %v46, i64 %v88
  %v90 = getelementptr inbounds float, ptr %v89, i64 %i60
  store float %v84, ptr %v90
  br label %latch74
latch74:
  %next74 = add nsw i64 %i74, 1
  br label %head74
exit74:
  br label %latch60
latch60:
  %next60 = add nsw i64 %i60, 1
  br label %head60
exit60:
  %v91 = load <16 x float>, ptr %v46, align 4
  store <16 x float> splat (float 0x0000000000000000), ptr %s92
  br label %head93
head93:
  %i93 = phi i64 [ 0, %exit60 ], [ %next93, %latch93 ]
  %more93 = icmp slt i64 %i93, %v8
  br i1 %more93, label %body93, label %exit93
body93:
  %v94 = mul i64 %v8, 0
  %v95 = add i64 %v94, %i93
  %v96 = add i64 %v95, 2
  %v97 = mul i64 %v96, 16
  %v98 = getelementptr inbounds float, ptr %v46, i64 %v97
  %v99 = load <16 x float>, ptr %v98, align 4
  %v100 = getelementptr inbounds float, ptr %v56, i64 %i93
  %v101 = load float, ptr %v100
  %v102 = insertelement <16 x float> poison, float %v101, i32 0
  %v103 = shufflevector <16 x float> %v102, <16 x float> poison, <16 x i32> zeroinitializer
  %v104 = fadd contract arcp nsz <16 x float> %v99, %v103
  %v105 = mul i64 %v8, 1
  %v106 = add i64 %v105, %i93
  %v107 = add i64 %v106, 2
  %v108 = mul i64 %v107, 16
  %v109 = getelementptr inbounds float, ptr %v46, i64 %v108
  %v110 = load <16 x float>, ptr %v109, align 4
  %v111 = fcmp ogt <16 x float> %v104, splat (float 0x0000000000000000)
  %v112 = fcmp uno <16 x float> %v104, %v104
  %v113 = or <16 x i1> %v111, %v112
  %v114 = select <16 x i1> %v113, <16 x float> %v104, <16 x float> splat (float 0x0000000000000000)
  %v115 = fmul contract arcp nsz <16 x float> %v110, %v104
  %v116 = fsub contract arcp nsz <16 x float> %v114, %v115
  %v117 = call <16 x float> @llvm.fabs.v16f32(<16 x float> %v104)
  %v118 = fneg <16 x float> %v117
  %v119 = fcmp ogt <16 x float> %v118, splat (float 0x4056400000000000)
  %v120 = select <16 x i1> %v119, <16 x float> splat (float 0x4056400000000000), <16 x float> %v118
  %v121 = fcmp olt <16 x float> %v120, splat (float 0xC05A000000000000)
  %v122 = select <16 x i1> %v121, <16 x float> splat (float 0xC05A000000000000), <16 x float> %v120
  %v123 = fmul contract arcp nsz <16 x float> %v122, splat (float 0x3FF7154760000000)
  %v124 = fadd contract arcp nsz <16 x float> %v123, splat (float 0x4168000000000000)
  %v125 = fsub contract arcp nsz <16 x float> %v124, splat (float 0x4168000000000000)
  %v126 = fmul contract arcp nsz <16 x float> %v125, splat (float 0x3FE62E0000000000)
  %v127 = fsub contract arcp nsz <16 x float> %v122, %v126
  %v128 = fmul contract arcp nsz <16 x float> %v125, splat (float 0x3F00BFBE80000000)
  %v129 = fsub contract arcp nsz <16 x float> %v127, %v128
  %v130 = fmul contract arcp nsz <16 x float> splat (float 0x3F2A01A020000000), %v129
  %v131 = fadd contract arcp nsz <16 x float> %v130, splat (float 0x3F56C16C20000000)
  %v132 = fmul contract arcp nsz <16 x float> %v131, %v129
  %v133 = fadd contract arcp nsz <16 x float> %v132, splat (float 0x3F81111120000000)
  %v134 = fmul contract arcp nsz <16 x float> %v133, %v129
  %v135 = fadd contract arcp nsz <16 x float> %v134, splat (float 0x3FA5555560000000)
  %v136 = fmul contract arcp nsz <16 x float> %v135, %v129
  %v137 = fadd contract arcp nsz <16 x float> %v136, splat (float 0x3FC5555560000000)
  %v138 = fmul contract arcp nsz <16 x float> %v137, %v129
  %v139 = fadd contract arcp nsz <16 x float> %v138, splat (float 0x3FE0000000000000)
  %v140 = fmul contract arcp nsz <16 x float> %v139, %v129
  %v141 = fmul contract arcp nsz <16 x float> %v140, %v129
  %v142 = fadd contract arcp nsz <16 x float> %v141, %v129
  %v143 = fmul contract arcp nsz <16 x float> %v125, splat (float 0x3FE0000000000000)
  %v144 = fadd contract arcp nsz <16 x float> %v143, splat (float 0x4168000000000000)
  %v145 = fsub contract arcp nsz <16 x float> %v124, %v144
  %v146 = fadd contract arcp nsz <16 x float> %v145, splat (float 0x4168000000000000)
  %v147 = bitcast <16 x float> %v144 to <16 x i32>
  %v148 = add <16 x i32> %v147, splat (i32 127)
  %v149 = shl <16 x i32> %v148, splat (i32 23)
  %v150 = bitcast <16 x i32> %v149 to <16 x float>
  %v151 = bitcast <16 x float> %v146 to <16 x i32>
  %v152 = add <16 x i32> %v151, splat (i32 127)
  %v153 = shl <16 x i32> %v152, splat (i32 23)
  %v154 = bitcast <16 x i32> %v153 to <16 x float>
  %v155 = fmul contract arcp nsz <16 x float> %v142, %v150
  %v156 = fadd contract arcp nsz <16 x float> %v155, %v150
  %v157 = fmul contract arcp nsz <16 x float> %v156, %v154
  %v158 = extractelement <16 x float> %v157, i32 0
  %v159 = call float @log1pf(float %v158)
  %v160 = insertelement <16 x float> poison, float %v159, i32 0
  %v161 = extractelement <16 x float> %v157, i32 1
  %v162 = call float @log1pf(float %v161)
  %v163 = insertelement <16 x float> %v160, float %v162, i32 1
  %v164 = extractelement <16 x float> %v157, i32 2
  %v165 = call float @log1pf(float %v164)
  %v166 = insertelement <16 x float> %v163, float %v165, i32 2
  %v167 = extractelement <16 x float> %v157, i32 3
  %v168 = call float @log1pf(float %v167)
  %v169 = insertelement <16 x float> %v166, float %v168, i32 3
  %v170 = extractelement <16 x float> %v157, i32 4
  %v171 = call float @log1pf(float %v170)
  %v172 = insertelement <16 x float> %v169, float %v171, i32 4
  %v173 = extractelement <16 x float> %v157, i32 5
  %v174 = call float @log1pf(float %v173)
  %v175 = insertelement <16 x float> %v172, float %v174, i32 5
  %v176 = extractelement <16 x float> %v157, i32 6
  %v177 = call float @log1pf(float %v176)
  %v178 = insertelement <16 x float> %v175, float %v177, i32 6
  %v179 = extractelement <16 x float> %v157, i32 7
  %v180 = call float @log1pf(float %v179)
  %v181 = insertelement <16 x float> %v178, float %v180, i32 7
  %v182 = extractelement <16 x float> %v157, i32 8
  %v183 = call float @log1pf(float %v182)
  %v184 = insertelement <16 x float> %v181, float %v183, i32 8
  %v185 = extractelement <16 x float> %v157, i32 9
  %v186 = call float @log1pf(float %v185)
  %v187 = insertelement <16 x float> %v184, float %v186, i32 9
  %v188 = extractelement <16 x float> %v157, i32 10
  %v189 = call float @log1pf(float %v188)
  %v190 = insertelement <16 x float> %v187, float %v189, i32 10
  %v191 = extractelement <16 x float> %v157, i32 11
  %v192 = call float @log1pf(float %v191)
  %v193 = insertelement <16 x float> %v190, float %v192, i32 11
  %v194 = extractelement <16 x float> %v157, i32 12
  %v195 = call float @log1pf(float %v194)
  %v196 = insertelement <16 x float> %v193, float %v195, i32 12
  %v197 = extractelement <16 x float> %v157, i32 13
  %v198 = call float @log1pf(float %v197)
  %v199 = insertelement <16 x float> %v196, float %v198, i32 13
  %v200 = extractelement <16 x float> %v157, i32 14
  %v201 = call float @log1pf(float %v200)
  %v202 = insertelement <16 x float> %v199, float %v201, i32 14
  %v203 = extractelement <16 x float> %v157, i32 15
  %v204 = call float @log1pf(float %v203)
  %v205 = insertelement <16 x float> %v202, float %v204, i32 15
  %v206 = fadd contract arcp nsz <16 x float> %v116, %v205
  %v207 = fcmp olt <16 x float> %v104, splat (float 0x0000000000000000)
  %v208 = fcmp uno <16 x float> %v104, %v104
  %v209 = or <16 x i1> %v207, %v208
  %v210 = select <16 x i1> %v209, <16 x float> %v104, <16 x float> splat (float 0x0000000000000000)
  %v211 = fcmp ogt <16 x float> %v210, splat (float 0x4056400000000000)
  %v212 = select <16 x i1> %v211, <16 x float> splat (float 0x4056400000000000), <16 x float> %v210
  %v213 = fcmp olt <16 x float> %v212, splat (float 0xC05A000000000000)
  %v214 = select <16 x i1> %v213, <16 x float> splat (float 0xC05A000000000000), <16 x float> %v212
  %v215 = fmul contract arcp nsz <16 x float> %v214, splat (float 0x3FF7154760000000)
  %v216 = fadd contract arcp nsz <16 x float> %v215, splat (float 0x4168000000000000)
  %v217 = fsub contract arcp nsz <16 x float> %v216, splat (float 0x4168000000000000)
  %v218 = fmul contract arcp nsz <16 x float> %v217, splat (float 0x3FE62E0000000000)
  %v219 = fsub contract arcp nsz <16 x float> %v214, %v218
  %v220 = fmul contract arcp nsz <16 x float> %v217, splat (float 0x3F00BFBE80000000)
  %v221 = fsub contract arcp nsz <16 x float> %v219, %v220
  %v222 = fmul contract arcp nsz <16 x float> splat (float 0x3F2A01A020000000), %v221
  %v223 = fadd contract arcp nsz <16 x float> %v222, splat (float 0x3F56C16C20000000)
  %v224 = fmul contract arcp nsz <16 x float> %v223, %v221
  %v225 = fadd contract arcp nsz <16 x float> %v224, splat (float 0x3F81111120000000)
  %v226 = fmul contract arcp nsz <16 x float> %v225, %v221
  %v227 = fadd contract arcp nsz <16 x float> %v226, splat (float 0x3FA5555560000000)
  %v228 = fmul contract arcp nsz <16 x float> %v227, %v221
  %v229 = fadd contract arcp nsz <16 x float> %v228, splat (float 0x3FC5555560000000)
  %v230 = fmul contract arcp nsz <16 x float> %v229, %v221
  %v231 = fadd contract arcp nsz <16 x float> %v230, splat (float 0x3FE0000000000000)
  %v232 = fmul contract arcp nsz <16 x float> %v231, %v221
  %v233 = fmul contract arcp nsz <16 x float> %v232, %v221
  %v234 = fadd contract arcp nsz <16 x float> %v233, %v221
  %v235 = fmul contract arcp nsz <16 x float> %v217, splat (float 0x3FE0000000000000)
  %v236 = fadd contract arcp nsz <16 x float> %v235, splat (float 0x4168000000000000)
  %v237 = fsub contract arcp nsz <16 x float> %v216, %v236
  %v238 = fadd contract arcp nsz <16 x float> %v237, splat (float 0x4168000000000000)
  %v239 = bitcast <16 x float> %v236 to <16 x i32>
  %v240 = add <16 x i32> %v239, splat (i32 127)
  %v241 = shl <16 x i32> %v240, splat (i32 23)
  %v242 = bitcast <16 x i32> %v241 to <16 x float>
  %v243 = bitcast <16 x float> %v238 to <16 x i32>
  %v244 = add <16 x i32> %v243, splat (i32 127)
  %v245 = shl <16 x i32> %v244, splat (i32 23)
  %v246 = bitcast <16 x i32> %v245 to <16 x float>
  %v247 = fmul contract arcp nsz <16 x float> %v234, %v242
  %v248 = fadd contract arcp nsz <16 x float> %v247, %v242
  %v249 = fmul contract arcp nsz <16 x float> %v248, %v246
  %v250 = fadd contract arcp nsz <16 x float> splat (float 0x3FF0000000000000), %v157
  %v251 = fdiv contract arcp nsz <16 x float> %v249, %v250
  %v252 = fsub contract arcp nsz <16 x float> splat (float 0x3FF0000000000000), %v110
  %v253 = fmul contract arcp nsz <16 x float> %v252, %v251
  %v254 = fneg <16 x float> %v104
  %v255 = fcmp olt <16 x float> %v254, splat (float 0x0000000000000000)
  %v256 = fcmp uno <16 x float> %v254, %v254
  %v257 = or <16 x i1> %v255, %v256
  %v258 = select <16 x i1> %v257, <16 x float> %v254, <16 x float> splat (float 0x0000000000000000)
  %v259 = fcmp ogt <16 x float> %v258, splat (float 0x4056400000000000)
  %v260 = select <16 x i1> %v259, <16 x float> splat (float 0x4056400000000000), <16 x float> %v258
  %v261 = fcmp olt <16 x float> %v260, splat (float 0xC05A000000000000)
  %v262 = select <16 x i1> %v261, <16 x float> splat (float 0xC05A000000000000), <16 x float> %v260
  %v263 = fmul contract arcp nsz <16 x float> %v262, splat (float 0x3FF7154760000000)
  %v264 = fadd contract arcp nsz <16 x float> %v263, splat (float 0x4168000000000000)
  %v265 = fsub contract arcp nsz <16 x float> %v264, splat (float 0x4168000000000000)
  %v266 = fmul contract arcp nsz <16 x float> %v265, splat (float 0x3FE62E0000000000)
  %v267 = fsub contract arcp nsz <16 x float> %v262, %v266
  %v268 = fmul contract arcp nsz <16 x float> %v265, splat (float 0x3F00BFBE80000000)
  %v269 = fsub contract arcp nsz <16 x float> %v267, %v268
  %v270 = fmul contract arcp nsz <16 x float> splat (float 0x3F2A01A020000000), %v269
  %v271 = fadd contract arcp nsz <16 x float> %v270, splat (float 0x3F56C16C20000000)
  %v272 = fmul contract arcp nsz <16 x float> %v271, %v269
  %v273 = fadd contract arcp nsz <16 x float> %v272, splat (float 0x3F81111120000000)
  %v274 = fmul contract arcp nsz <16 x float> %v273, %v269
  %v275 = fadd contract arcp nsz <16 x float> %v274, splat (float 0x3FA5555560000000)
  %v276 = fmul contract arcp nsz <16 x float> %v275, %v269
  %v277 = fadd contract arcp nsz <16 x float> %v276, splat (float 0x3FC5555560000000)
  %v278 = fmul contract arcp nsz <16 x float> %v277, %v269
  %v279 = fadd contract arcp nsz <16 x float> %v278, splat (float 0x3FE0000000000000)
  %v280 = fmul contract arcp nsz <16 x float> %v279, %v269
  %v281 = fmul contract arcp nsz <16 x float> %v280, %v269
  %v282 = fadd contract arcp nsz <16 x float> %v281, %v269
  %v283 = fmul contract arcp nsz <16 x float> %v265, splat (float 0x3FE0000000000000)
  %v284 = fadd contract arcp nsz <16 x float> %v283, splat (float 0x4168000000000000)
  %v285 = fsub contract arcp nsz <16 x float> %v264, %v284
  %v286 = fadd contract arcp nsz <16 x float> %v285, splat (float 0x4168000000000000)
  %v287 = bitcast <16 x float> %v284 to <16 x i32>
  %v288 = add <16 x i32> %v287, splat (i32 127)
  %v289 = shl <16 x i32> %v288, splat (i32 23)
  %v290 = bitcast <16 x i32> %v289 to <16 x float>
  %v291 = bitcast <16 x float> %v286 to <16 x i32>
  %v292 = add <16 x i32> %v291, splat (i32 127)
  %v293 = shl <16 x i32> %v292, splat (i32 23)
  %v294 = bitcast <16 x i32> %v293 to <16 x float>
  %v295 = fmul contract arcp nsz <16 x float> %v282, %v290
  %v296 = fadd contract arcp nsz <16 x float> %v295, %v290
  %v297 = fmul contract arcp nsz <16 x float> %v296, %v294
  %v298 = call <16 x float> @llvm.fabs.v16f32(<16 x float> %v254)
  %v299 = fneg <16 x float> %v298
  %v300 = fcmp ogt <16 x float> %v299, splat (float 0x4056400000000000)
  %v301 = select <16 x i1> %v300, <16 x float> splat (float 0x4056400000000000), <16 x float> %v299
  %v302 = fcmp olt <16 x float> %v301, splat (float 0xC05A000000000000)
  %v303 = select <16 x i1> %v302, <16 x float> splat (float 0xC05A000000000000), <16 x float> %v301
  %v304 = fmul contract arcp nsz <16 x float> %v303, splat (float 0x3FF7154760000000)
  %v305 = fadd contract arcp nsz <16 x float> %v304, splat (float 0x4168000000000000)
  %v306 = fsub contract arcp nsz <16 x float> %v305, splat (float 0x4168000000000000)
  %v307 = fmul contract arcp nsz <16 x float> %v306, splat (float 0x3FE62E0000000000)
  %v308 = fsub contract arcp nsz <16 x float> %v303, %v307
  %v309 = fmul contract arcp nsz <16 x float> %v306, splat (float 0x3F00BFBE80000000)
  %v310 = fsub contract arcp nsz <16 x float> %v308, %v309
  %v311 = fmul contract arcp nsz <16 x float> splat (float 0x3F2A01A020000000), %v310
  %v312 = fadd contract arcp nsz <16 x float> %v311, splat (float 0x3F56C16C20000000)
  %v313 = fmul contract arcp nsz <16 x float> %v312, %v310
  %v314 = fadd contract arcp nsz <16 x float> %v313, splat (float 0x3F81111120000000)
  %v315 = fmul contract arcp nsz <16 x float> %v314, %v310
  %v316 = fadd contract arcp nsz <16 x float> %v315, splat (float 0x3FA5555560000000)
  %v317 = fmul contract arcp nsz <16 x float> %v316, %v310
  %v318 = fadd contract arcp nsz <16 x float> %v317, splat (float 0x3FC5555560000000)
  %v319 = fmul contract arcp nsz <16 x float> %v318, %v310
  %v320 = fadd contract arcp nsz <16 x float> %v319, splat (float 0x3FE0000000000000)
  %v321 = fmul contract arcp nsz <16 x float> %v320, %v310
  %v322 = fmul contract arcp nsz <16 x float> %v321, %v310
  %v323 = fadd contract arcp nsz <16 x float> %v322, %v310
  %v324 = fmul contract arcp nsz <16 x float> %v306, splat (float 0x3FE0000000000000)
  %v325 = fadd contract arcp nsz <16 x float> %v324, splat (float 0x4168000000000000)
  %v326 = fsub contract arcp nsz <16 x float> %v305, %v325
  %v327 = fadd contract arcp nsz <16 x float> %v326, splat (float 0x4168000000000000)
  %v328 = bitcast <16 x float> %v325 to <16 x i32>
  %v329 = add <16 x i32> %v328, splat (i32 127)
  %v330 = shl <16 x i32> %v329, splat (i32 23)
  %v331 = bitcast <16 x i32> %v330 to <16 x float>
  %v332 = bitcast <16 x float> %v327 to <16 x i32>
  %v333 = add <16 x i32> %v332, splat (i32 127)
  %v334 = shl <16 x i32> %v333, splat (i32 23)
  %v335 = bitcast <16 x i32> %v334 to <16 x float>
  %v336 = fmul contract arcp nsz <16 x float> %v323, %v331
  %v337 = fadd contract arcp nsz <16 x float> %v336, %v331
  %v338 = fmul contract arcp nsz <16 x float> %v337, %v335
  %v339 = fadd contract arcp nsz <16 x float> splat (float 0x3FF0000000000000), %v338
  %v340 = fdiv contract arcp nsz <16 x float> %v297, %v339
  %v341 = fmul contract arcp nsz <16 x float> %v110, %v340
  %v342 = fsub contract arcp nsz <16 x float> %v253, %v341
  %v343 = fmul contract arcp nsz <16 x float> %v342, %v91
  %v344 = load <16 x float>, ptr %s92
  %v345 = fadd contract arcp nsz <16 x float> %v344, %v206
  store <16 x float> %v345, ptr %s92
  %v346 = mul i64 %v8, 2
  %v347 = add i64 %v346, %i93
  %v348 = add i64 %v347, 2
  %v349 = mul i64 %v348, 16
  %v350 = getelementptr inbounds float, ptr %v46, i64 %v349
  store <16 x float> %v343, ptr %v350, align 4
  br label %latch93
latch93:
  %next93 = add nsw i64 %i93, 1
  br label %head93
exit93:
  %v351 = load <16 x float>, ptr %s92
  store <16 x float> %v351, ptr %v58, align 4
  %v352 = sub i64 %v3, %i59
  %v353 = icmp slt i64 %v352, 16
  %v354 = select i1 %v353, i64 %v352, i64 16
  br label %head355
head355:
  %i355 = phi i64 [ 0, %exit93 ], [ %next355, %latch355 ]
  %more355 = icmp slt i64 %i355, %v354
  br i1 %more355, label %body355, label %exit355
body355:
  %v356 = add i64 %i59, %i355
  %v357 = getelementptr inbounds float, ptr %v48, i64 %v356
  %v358 = load float, ptr %v357
  %v359 = getelementptr inbounds float, ptr %v58, i64 %i355
  %v360 = load float, ptr %v359
  %v361 = fmul float %v358, %v360
  %v362 = fpext float %v361 to double
  %v363 = load double, ptr %s57
  %v364 = fadd double %v363, %v362
  store double %v364, ptr %s57
  %v365 = mul i64 %v356, %v35
  %v366 = add i64 %v365, %v5
  %v367 = getelementptr inbounds float, ptr %v33, i64 %v366
  br label %head368
head368:
  %i368 = phi i64 [ 0, %body355 ], [ %next368, %latch368 ]
  %more368 = icmp slt i64 %i368, %v8
  br i1 %more368, label %body368, label %exit368
body368:
  %v369 = mul i64 %v8, 2
  %v370 = add i64 %v369, %i368
  %v371 = add i64 %v370, 2
  %v372 = mul i64 %v371, 16
  %v373 = getelementptr inbounds float, ptr %v46, i64 %v372
  %v374 = getelementptr inbounds float, ptr %v373, i64 %i355
  %v375 = load float, ptr %v374
  %v376 = getelementptr inbounds float, ptr %v367, i64 %i368
  store float %v375, ptr %v376
  br label %latch368
latch368:
  %next368 = add nsw i64 %i368, 1
  br label %head368
exit368:
  br label %latch355
latch355:
  %next355 = add nsw i64 %i355, 1
  br label %head355
exit355:
  br label %latch59
latch59:
  %next59 = add nsw i64 %i59, 16
  br label %head59
exit59:
  %v377 = getelementptr inbounds ptr, ptr %addresses, i64 4
  %v378 = load ptr, ptr %v377
  %v379 = getelementptr inbounds double, ptr %v378, i64 0
  %v380 = load double, ptr %v379
  %v381 = load double, ptr %s57
  %v382 = fadd double %v380, %v381
  store double %v382, ptr %v379
  ret void
}

define void @update_weights(ptr %operation, ptr %addresses) {
entry:
  %s29 = alloca float
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds ptr, ptr %addresses, i64 7
  %v19 = load ptr, ptr %v18
  %v20 = getelementptr inbounds float, ptr %v19, i64 %v5
  %v21 = getelementptr inbounds ptr, ptr %addresses, i64 3
  %v22 = load ptr, ptr %v21
  %v23 = getelementptr inbounds ptr, ptr %addresses, i64 5
  %v24 = load ptr, ptr %v23
  %v25 = getelementptr inbounds float, ptr %v22, i64 0
  %v26 = load float, ptr %v25
  %v27 = getelementptr inbounds float, ptr %v22, i64 1
  %v28 = load float, ptr %v27
  store float 0x0000000000000000, ptr %s29
  br label %head30
head30:
  %i30 = phi i64 [ 0, %entry ], [ %next30, %latch30 ]
  %more30 = icmp slt i64 %i30, %v8
  br i1 %more30, label %body30, label %exit30
body30:
  %v31 = getelementptr inbounds float, ptr %v20, i64 %i30
  %v32 = load float, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v15, i64 %i30
  %v34 = load float, ptr %v33
  %v35 = fmul contract arcp nsz float %v34, %v34
  %v36 = fmul contract arcp nsz float %v34, %v28
  %v37 = fsub contract arcp nsz float %v32, %v36
  %v38 = load float, ptr %s29
  %v39 = fadd reassoc contract arcp nsz float %v38, %v35
  store float %v39, ptr %s29
  %v40 = getelementptr inbounds float, ptr %v20, i64 %i30
  store float %v37, ptr %v40
  br label %latch30
latch30:
  %next30 = add nsw i64 %i30, 1
  br label %head30
exit30:
  %v41 = load float, ptr %s29
  %v42 = getelementptr inbounds ptr, ptr %addresses, i64 4
  %v43 = load ptr, ptr %v42
  %v44 = getelementptr inbounds double, ptr %v43, i64 1
  %v45 = fpext float %v41 to double
  %v46 = load double, ptr %v44
  %v47 = fadd double %v46, %v45
  store double %v47, ptr %v44
  ret void
}

define void @update_biases(ptr %operation, ptr %addresses) {
entry:
  %s29 = alloca float
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds ptr, ptr %addresses, i64 7
  %v19 = load ptr, ptr %v18
  %v20 = getelementptr inbounds float, ptr %v19, i64 %v5
  %v21 = getelementptr inbounds ptr, ptr %addresses, i64 3
  %v22 = load ptr, ptr %v21
  %v23 = getelementptr inbounds ptr, ptr %addresses, i64 5
  %v24 = load ptr, ptr %v23
  %v25 = getelementptr inbounds float, ptr %v22, i64 0
  %v26 = load float, ptr %v25
  %v27 = getelementptr inbounds float, ptr %v22, i64 1
  %v28 = load float, ptr %v27
  store float 0x0000000000000000, ptr %s29
  br label %head30
head30:
  %i30 = phi i64 [ 0, %entry ], [ %next30, %latch30 ]
  %more30 = icmp slt i64 %i30, %v8
  br i1 %more30, label %body30, label %exit30
body30:
  %v31 = getelementptr inbounds float, ptr %v20, i64 %i30
  %v32 = load float, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v15, i64 %i30
  %v34 = load float, ptr %v33
  %v35 = fmul contract arcp nsz float %v34, %v34
  %v36 = fmul contract arcp nsz float %v34, %v28
  %v37 = fsub contract arcp nsz float %v32, %v36
  %v38 = load float, ptr %s29
  %v39 = fadd reassoc contract arcp nsz float %v38, %v35
  store float %v39, ptr %s29
  %v40 = getelementptr inbounds float, ptr %v20, i64 %i30
  store float %v37, ptr %v40
  br label %latch30
latch30:
  %next30 = add nsw i64 %i30, 1
  br label %head30
exit30:
  %v41 = load float, ptr %s29
  %v42 = getelementptr inbounds ptr, ptr %addresses, i64 4
  %v43 = load ptr, ptr %v42
  %v44 = getelementptr inbounds double, ptr %v43, i64 1
  %v45 = fpext float %v41 to double
  %v46 = load double, ptr %v44
  %v47 = fadd double %v46, %v45
  store double %v47, ptr %v44
  ret void
}
