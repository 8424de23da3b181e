define void @head(ptr %operation, ptr %addresses) {
entry:
  %s53 = alloca double
  %s94 = alloca <16 x float>
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
  store double 0.0, ptr %s53
  %v54 = getelementptr inbounds float, ptr %v46, i64 16
  %v55 = getelementptr inbounds ptr, ptr %addresses, i64 6
  %v56 = load ptr, ptr %v55
  %v57 = mul i64 0, %v44
  %v58 = add i64 %v57, %v5
  %v59 = getelementptr inbounds float, ptr %v42, i64 %v58
  %v60 = sub i64 %v3, 1
  br label %head61
head61:
  %i61 = phi i64 [ %v1, %entry ], [ %next61, %latch61 ]
  %more61 = icmp slt i64 %i61, %v3
  br i1 %more61, label %body61, label %exit61
body61:
  br label %head62
head62:
  %i62 = phi i64 [ 0, %body61 ], [ %next62, %latch62 ]
  %more62 = icmp slt i64 %i62, 16
  br i1 %more62, label %body62, label %exit62
body62:
  %v63 = add i64 %i61, %i62
  %v64 = icmp slt i64 %v63, %v60
  %v65 = select i1 %v64, i64 %v63, i64 %v60
  %v66 = getelementptr inbounds float, ptr %v48, i64 %v65
  %v67 = load float, ptr %v66
  %v68 = fmul float %v67, %v52
  %v69 = getelementptr inbounds float, ptr %v46, i64 %i62
  store float %v68, ptr %v69
  %v70 = mul i64 %v65, %v17
  %v71 = add i64 %v70, %v5
  %v72 = getelementptr inbounds float, ptr %v15, i64 %v71
  %v73 = mul i64 %v65, %v26
  %v74 = add i64 %v73, %v5
  %v75 = getelementptr inbounds float, ptr %v24, i64 %v74
  br label %head76
head76:
  %i76 = phi i64 [ 0, %body62 ], [ %next76, %latch76 ]
  %more76 = icmp slt i64 %i76, %v8
  br i1 %more76, label %body76, label %exit76
body76:
  %v77 = getelementptr inbounds float, ptr %v72, i64 %i76
  %v78 = load float, ptr %v77
  %v79 = mul i64 %v8, 0
  %v80 = add i64 %v79, %i76
  %v81 = add i64 %v80, 2
  %v82 = mul i64 %v81, 16
  %v83 = getelementptr inbounds float, ptr %v56, i64 %v82
  %v84 = getelementptr inbounds float, ptr %v83, i64 %i62
  store float %v78, ptr %v84
  %v85 = getelementptr inbounds float, ptr %v75, i64 %i76
  %v86 = load float, ptr %v85
  %v87 = mul i64 %v8, 1
  %v88 = add i64 %v87, %i76
  %v89 = add i64 %v88, 2
  %v90 = mul i64 %v89, 16
  %v91 = getelementptr inbounds float, ptr %v56, i64 %v90
  %v92 = getelementptr inbounds float, ptr %v91, i64 %i62
  store float %v86, ptr %v92
  br label %latch76
latch76:
  %next76 = add nsw i64 %i76, 1
  br label %head76
exit76:
  br label %latch62
latch62:
  %next62 = add nsw i64 %i62, 1
  br label %head62
exit62:
  %v93 = load <16 x float>, ptr %v46, align 4
  store <16 x float> splat (float 0x0000000000000000), ptr %s94
  br label %head95
head95:
  %i95 = phi i64 [ 0, %exit62 ], [ %next95, %latch95 ]
  %more95 = icmp slt i64 %i95, %v8
  br i1 %more95, label %body95, label %exit95
body95:
  %v96 = mul i64 %v8, 0
  %v97 = add i64 %v96, %i95
  %v98 = add i64 %v97, 2
  %v99 = mul i64 %v98, 16
  %v100 = getelementptr inbounds float, ptr %v56, i64 %v99
  %v101 = load <16 x float>, ptr %v100, align 4
  %v102 = getelementptr inbounds float, ptr %v59, i64 %i95
  %v103 = load float, ptr %v102
  %v104 = insertelement <16 x float> poison, float %v103, i32 0
  %v105 = shufflevector <16 x float> %v104, <16 x float> poison, <16 x i32> zeroinitializer
  %v106 = fadd contract arcp nsz <16 x float> %v101, %v105
  %v107 = mul i64 %v8, 1
  %v108 = add i64 %v107, %i95
  %v109 = add i64 %v108, 2
  %v110 = mul i64 %v109, 16
  %v111 = getelementptr inbounds float, ptr %v56, i64 %v110
  %v112 = load <16 x float>, ptr %v111, align 4
  %v113 = fcmp ogt <16 x float> %v106, splat (float 0x0000000000000000)
  %v114 = fcmp uno <16 x float> %v106, %v106
  %v115 = or <16 x i1> %v113, %v114
  %v116 = select <16 x i1> %v115, <16 x float> %v106, <16 x float> splat (float 0x0000000000000000)
  %v117 = fmul contract arcp nsz <16 x float> %v112, %v106
  %v118 = fsub contract arcp nsz <16 x float> %v116, %v117
  %v119 = call <16 x float> @llvm.fabs.v16f32(<16 x float> %v106)
  %v120 = fneg <16 x float> %v119
  %v121 = fcmp ogt <16 x float> %v120, splat (float 0x4056400000000000)
  %v122 = select <16 x i1> %v121, <16 x float> splat (float 0x4056400000000000), <16 x float> %v120
  %v123 = fcmp olt <16 x float> %v122, splat (float 0xC05A000000000000)
  %v124 = select <16 x i1> %v123, <16 x float> splat (float 0xC05A000000000000), <16 x float> %v122
  %v125 = fmul contract arcp nsz <16 x float> %v124, splat (float 0x3FF7154760000000)
  %v126 = fadd contract arcp nsz <16 x float> %v125, splat (float 0x4168000000000000)
  %v127 = fsub contract arcp nsz <16 x float> %v126, splat (float 0x4168000000000000)
  %v128 = fmul contract arcp nsz <16 x float> %v127, splat (float 0x3FE62E0000000000)
  %v129 = fsub contract arcp nsz <16 x float> %v124, %v128
  %v130 = fmul contract arcp nsz <16 x float> %v127, splat (float 0x3F00BFBE80000000)
  %v131 = fsub contract arcp nsz <16 x float> %v129, %v130
  %v132 = fmul contract arcp nsz <16 x float> splat (float 0x3F2A01A020000000), %v131
  %v133 = fadd contract arcp nsz <16 x float> %v132, splat (float 0x3F56C16C20000000)
  %v134 = fmul contract arcp nsz <16 x float> %v133, %v131
  %v135 = fadd contract arcp nsz <16 x float> %v134, splat (float 0x3F81111120000000)
  %v136 = fmul contract arcp nsz <16 x float> %v135, %v131
  %v137 = fadd contract arcp nsz <16 x float> %v136, splat (float 0x3FA5555560000000)
  %v138 = fmul contract arcp nsz <16 x float> %v137, %v131
  %v139 = fadd contract arcp nsz <16 x float> %v138, splat (float 0x3FC5555560000000)
  %v140 = fmul contract arcp nsz <16 x float> %v139, %v131
  %v141 = fadd contract arcp nsz <16 x float> %v140, splat (float 0x3FE0000000000000)
  %v142 = fmul contract arcp nsz <16 x float> %v141, %v131
  %v143 = fmul contract arcp nsz <16 x float> %v142, %v131
  %v144 = fadd contract arcp nsz <16 x float> %v143, %v131
  %v145 = fmul contract arcp nsz <16 x float> %v127, splat (float 0x3FE0000000000000)
  %v146 = fadd contract arcp nsz <16 x float> %v145, splat (float 0x4168000000000000)
  %v147 = fsub contract arcp nsz <16 x float> %v126, %v146
  %v148 = fadd contract arcp nsz <16 x float> %v147, splat (float 0x4168000000000000)
  %v149 = bitcast <16 x float> %v146 to <16 x i32>
  %v150 = add <16 x i32> %v149, splat (i32 127)
  %v151 = shl <16 x i32> %v150, splat (i32 23)
  %v152 = bitcast <16 x i32> %v151 to <16 x float>
  %v153 = bitcast <16 x float> %v148 to <16 x i32>
  %v154 = add <16 x i32> %v153, splat (i32 127)
  %v155 = shl <16 x i32> %v154, splat (i32 23)
  %v156 = bitcast <16 x i32> %v155 to <16 x float>
  %v157 = fmul contract arcp nsz <16 x float> %v144, %v152
  %v158 = fadd contract arcp nsz <16 x float> %v157, %v152
  %v159 = fmul contract arcp nsz <16 x float> %v158, %v156
  %v160 = extractelement <16 x float> %v159, i32 0
  %v161 = call float @log1pf(float %v160)
  %v162 = insertelement <16 x float> poison, float %v161, i32 0
  %v163 = extractelement <16 x float> %v159, i32 1
  %v164 = call float @log1pf(float %v163)
  %v165 = insertelement <16 x float> %v162, float %v164, i32 1
  %v166 = extractelement <16 x float> %v159, i32 2
  %v167 = call float @log1pf(float %v166)
  %v168 = insertelement <16 x float> %v165, float %v167, i32 2
  %v169 = extractelement <16 x float> %v159, i32 3
  %v170 = call float @log1pf(float %v169)
  %v171 = insertelement <16 x float> %v168, float %v170, i32 3
  %v172 = extractelement <16 x float> %v159, i32 4
  %v173 = call float @log1pf(float %v172)
  %v174 = insertelement <16 x float> %v171, float %v173, i32 4
  %v175 = extractelement <16 x float> %v159, i32 5
  %v176 = call float @log1pf(float %v175)
  %v177 = insertelement <16 x float> %v174, float %v176, i32 5
  %v178 = extractelement <16 x float> %v159, i32 6
  %v179 = call float @log1pf(float %v178)
  %v180 = insertelement <16 x float> %v177, float %v179, i32 6
  %v181 = extractelement <16 x float> %v159, i32 7
  %v182 = call float @log1pf(float %v181)
  %v183 = insertelement <16 x float> %v180, float %v182, i32 7
  %v184 = extractelement <16 x float> %v159, i32 8
  %v185 = call float @log1pf(float %v184)
  %v186 = insertelement <16 x float> %v183, float %v185, i32 8
  %v187 = extractelement <16 x float> %v159, i32 9
  %v188 = call float @log1pf(float %v187)
  %v189 = insertelement <16 x float> %v186, float %v188, i32 9
  %v190 = extractelement <16 x float> %v159, i32 10
  %v191 = call float @log1pf(float %v190)
  %v192 = insertelement <16 x float> %v189, float %v191, i32 10
  %v193 = extractelement <16 x float> %v159, i32 11
  %v194 = call float @log1pf(float %v193)
  %v195 = insertelement <16 x float> %v192, float %v194, i32 11
  %v196 = extractelement <16 x float> %v159, i32 12
  %v197 = call float @log1pf(float %v196)
  %v198 = insertelement <16 x float> %v195, float %v197, i32 12
  %v199 = extractelement <16 x float> %v159, i32 13
  %v200 = call float @log1pf(float %v199)
  %v201 = insertelement <16 x float> %v198, float %v200, i32 13
  %v202 = extractelement <16 x float> %v159, i32 14
  %v203 = call float @log1pf(float %v202)
  %v204 = insertelement <16 x float> %v201, float %v203, i32 14
  %v205 = extractelement <16 x float> %v159, i32 15
  %v206 = call float @log1pf(float %v205)
  %v207 = insertelement <16 x float> %v204, float %v206, i32 15
  %v208 = fadd contract arcp nsz <16 x float> %v118, %v207
  %v209 = fcmp olt <16 x float> %v106, splat (float 0x0000000000000000)
  %v210 = fcmp uno <16 x float> %v106, %v106
  %v211 = or <16 x i1> %v209, %v210
  %v212 = select <16 x i1> %v211, <16 x float> %v106, <16 x float> splat (float 0x0000000000000000)
  %v213 = fcmp ogt <16 x float> %v212, splat (float 0x4056400000000000)
  %v214 = select <16 x i1> %v213, <16 x float> splat (float 0x4056400000000000), <16 x float> %v212
  %v215 = fcmp olt <16 x float> %v214, splat (float 0xC05A000000000000)
  %v216 = select <16 x i1> %v215, <16 x float> splat (float 0xC05A000000000000), <16 x float> %v214
  %v217 = fmul contract arcp nsz <16 x float> %v216, splat (float 0x3FF7154760000000)
  %v218 = fadd contract arcp nsz <16 x float> %v217, splat (float 0x4168000000000000)
  %v219 = fsub contract arcp nsz <16 x float> %v218, splat (float 0x4168000000000000)
  %v220 = fmul contract arcp nsz <16 x float> %v219, splat (float 0x3FE62E0000000000)
  %v221 = fsub contract arcp nsz <16 x float> %v216, %v220
  %v222 = fmul contract arcp nsz <16 x float> %v219, splat (float 0x3F00BFBE80000000)
  %v223 = fsub contract arcp nsz <16 x float> %v221, %v222
  %v224 = fmul contract arcp nsz <16 x float> splat (float 0x3F2A01A020000000), %v223
  %v225 = fadd contract arcp nsz <16 x float> %v224, splat (float 0x3F56C16C20000000)
  %v226 = fmul contract arcp nsz <16 x float> %v225, %v223
  %v227 = fadd contract arcp nsz <16 x float> %v226, splat (float 0x3F81111120000000)
  %v228 = fmul contract arcp nsz <16 x float> %v227, %v223
  %v229 = fadd contract arcp nsz <16 x float> %v228, splat (float 0x3FA5555560000000)
  %v230 = fmul contract arcp nsz <16 x float> %v229, %v223
  %v231 = fadd contract arcp nsz <16 x float> %v230, splat (float 0x3FC5555560000000)
  %v232 = fmul contract arcp nsz <16 x float> %v231, %v223
  %v233 = fadd contract arcp nsz <16 x float> %v232, splat (float 0x3FE0000000000000)
  %v234 = fmul contract arcp nsz <16 x float> %v233, %v223
  %v235 = fmul contract arcp nsz <16 x float> %v234, %v223
  %v236 = fadd contract arcp nsz <16 x float> %v235, %v223
  %v237 = fmul contract arcp nsz <16 x float> %v219, splat (float 0x3FE0000000000000)
  %v238 = fadd contract arcp nsz <16 x float> %v237, splat (float 0x4168000000000000)
  %v239 = fsub contract arcp nsz <16 x float> %v218, %v238
  %v240 = fadd contract arcp nsz <16 x float> %v239, splat (float 0x4168000000000000)
  %v241 = bitcast <16 x float> %v238 to <16 x i32>
  %v242 = add <16 x i32> %v241, splat (i32 127)
  %v243 = shl <16 x i32> %v242, splat (i32 23)
  %v244 = bitcast <16 x i32> %v243 to <16 x float>
  %v245 = bitcast <16 x float> %v240 to <16 x i32>
  %v246 = add <16 x i32> %v245, splat (i32 127)
  %v247 = shl <16 x i32> %v246, splat (i32 23)
  %v248 = bitcast <16 x i32> %v247 to <16 x float>
  %v249 = fmul contract arcp nsz <16 x float> %v236, %v244
  %v250 = fadd contract arcp nsz <16 x float> %v249, %v244
  %v251 = fmul contract arcp nsz <16 x float> %v250, %v248
  %v252 = fadd contract arcp nsz <16 x float> splat (float 0x3FF0000000000000), %v159
  %v253 = fdiv contract arcp nsz <16 x float> %v251, %v252
  %v254 = fsub contract arcp nsz <16 x float> splat (float 0x3FF0000000000000), %v112
  %v255 = fmul contract arcp nsz <16 x float> %v254, %v253
  %v256 = fneg <16 x float> %v106
  %v257 = fcmp olt <16 x float> %v256, splat (float 0x0000000000000000)
  %v258 = fcmp uno <16 x float> %v256, %v256
  %v259 = or <16 x i1> %v257, %v258
  %v260 = select <16 x i1> %v259, <16 x float> %v256, <16 x float> splat (float 0x0000000000000000)
  %v261 = fcmp ogt <16 x float> %v260, splat (float 0x4056400000000000)
  %v262 = select <16 x i1> %v261, <16 x float> splat (float 0x4056400000000000), <16 x float> %v260
  %v263 = fcmp olt <16 x float> %v262, splat (float 0xC05A000000000000)
  %v264 = select <16 x i1> %v263, <16 x float> splat (float 0xC05A000000000000), <16 x float> %v262
  %v265 = fmul contract arcp nsz <16 x float> %v264, splat (float 0x3FF7154760000000)
  %v266 = fadd contract arcp nsz <16 x float> %v265, splat (float 0x4168000000000000)
  %v267 = fsub contract arcp nsz <16 x float> %v266, splat (float 0x4168000000000000)
  %v268 = fmul contract arcp nsz <16 x float> %v267, splat (float 0x3FE62E0000000000)
  %v269 = fsub contract arcp nsz <16 x float> %v264, %v268
  %v270 = fmul contract arcp nsz <16 x float> %v267, splat (float 0x3F00BFBE80000000)
  %v271 = fsub contract arcp nsz <16 x float> %v269, %v270
  %v272 = fmul contract arcp nsz <16 x float> splat (float 0x3F2A01A020000000), %v271
  %v273 = fadd contract arcp nsz <16 x float> %v272, splat (float 0x3F56C16C20000000)
  %v274 = fmul contract arcp nsz <16 x float> %v273, %v271
  %v275 = fadd contract arcp nsz <16 x float> %v274, splat (float 0x3F81111120000000)
  %v276 = fmul contract arcp nsz <16 x float> %v275, %v271
  %v277 = fadd contract arcp nsz <16 x float> %v276, splat (float 0x3FA5555560000000)
  %v278 = fmul contract arcp nsz <16 x float> %v277, %v271
  %v279 = fadd contract arcp nsz <16 x float> %v278, splat (float 0x3FC5555560000000)
  %v280 = fmul contract arcp nsz <16 x float> %v279, %v271
  %v281 = fadd contract arcp nsz <16 x float> %v280, splat (float 0x3FE0000000000000)
  %v282 = fmul contract arcp nsz <16 x float> %v281, %v271
  %v283 = fmul contract arcp nsz <16 x float> %v282, %v271
  %v284 = fadd contract arcp nsz <16 x float> %v283, %v271
  %v285 = fmul contract arcp nsz <16 x float> %v267, splat (float 0x3FE0000000000000)
  %v286 = fadd contract arcp nsz <16 x float> %v285, splat (float 0x4168000000000000)
  %v287 = fsub contract arcp nsz <16 x float> %v266, %v286
  %v288 = fadd contract arcp nsz <16 x float> %v287, splat (float 0x4168000000000000)
  %v289 = bitcast <16 x float> %v286 to <16 x i32>
  %v290 = add <16 x i32> %v289, splat (i32 127)
  %v291 = shl <16 x i32> %v290, splat (i32 23)
  %v292 = bitcast <16 x i32> %v291 to <16 x float>
  %v293 = bitcast <16 x float> %v288 to <16 x i32>
  %v294 = add <16 x i32> %v293, splat (i32 127)
  %v295 = shl <16 x i32> %v294, splat (i32 23)
  %v296 = bitcast <16 x i32> %v295 to <16 x float>
  %v297 = fmul contract arcp nsz <16 x float> %v284, %v292
  %v298 = fadd contract arcp nsz <16 x float> %v297, %v292
  %v299 = fmul contract arcp nsz <16 x float> %v298, %v296
  %v300 = call <16 x float> @llvm.fabs.v16f32(<16 x float> %v256)
  %v301 = fneg <16 x float> %v300
  %v302 = fcmp ogt <16 x float> %v301, splat (float 0x4056400000000000)
  %v303 = select <16 x i1> %v302, <16 x float> splat (float 0x4056400000000000), <16 x float> %v301
  %v304 = fcmp olt <16 x float> %v303, splat (float 0xC05A000000000000)
  %v305 = select <16 x i1> %v304, <16 x float> splat (float 0xC05A000000000000), <16 x float> %v303
  %v306 = fmul contract arcp nsz <16 x float> %v305, splat (float 0x3FF7154760000000)
  %v307 = fadd contract arcp nsz <16 x float> %v306, splat (float 0x4168000000000000)
  %v308 = fsub contract arcp nsz <16 x float> %v307, splat (float 0x4168000000000000)
  %v309 = fmul contract arcp nsz <16 x float> %v308, splat (float 0x3FE62E0000000000)
  %v310 = fsub contract arcp nsz <16 x float> %v305, %v309
  %v311 = fmul contract arcp nsz <16 x float> %v308, splat (float 0x3F00BFBE80000000)
  %v312 = fsub contract arcp nsz <16 x float> %v310, %v311
  %v313 = fmul contract arcp nsz <16 x float> splat (float 0x3F2A01A020000000), %v312
  %v314 = fadd contract arcp nsz <16 x float> %v313, splat (float 0x3F56C16C20000000)
  %v315 = fmul contract arcp nsz <16 x float> %v314, %v312
  %v316 = fadd contract arcp nsz <16 x float> %v315, splat (float 0x3F81111120000000)
  %v317 = fmul contract arcp nsz <16 x float> %v316, %v312
  %v318 = fadd contract arcp nsz <16 x float> %v317, splat (float 0x3FA5555560000000)
  %v319 = fmul contract arcp nsz <16 x float> %v318, %v312
  %v320 = fadd contract arcp nsz <16 x float> %v319, splat (float 0x3FC5555560000000)
  %v321 = fmul contract arcp nsz <16 x float> %v320, %v312
  %v322 = fadd contract arcp nsz <16 x float> %v321, splat (float 0x3FE0000000000000)
  %v323 = fmul contract arcp nsz <16 x float> %v322, %v312
  %v324 = fmul contract arcp nsz <16 x float> %v323, %v312
  %v325 = fadd contract arcp nsz <16 x float> %v324, %v312
  %v326 = fmul contract arcp nsz <16 x float> %v308, splat (float 0x3FE0000000000000)
  %v327 = fadd contract arcp nsz <16 x float> %v326, splat (float 0x4168000000000000)
  %v328 = fsub contract arcp nsz <16 x float> %v307, %v327
  %v329 = fadd contract arcp nsz <16 x float> %v328, splat (float 0x4168000000000000)
  %v330 = bitcast <16 x float> %v327 to <16 x i32>
  %v331 = add <16 x i32> %v330, splat (i32 127)
  %v332 = shl <16 x i32> %v331, splat (i32 23)
  %v333 = bitcast <16 x i32> %v332 to <16 x float>
  %v334 = bitcast <16 x float> %v329 to <16 x i32>
  %v335 = add <16 x i32> %v334, splat (i32 127)
  %v336 = shl <16 x i32> %v335, splat (i32 23)
  %v337 = bitcast <16 x i32> %v336 to <16 x float>
  %v338 = fmul contract arcp nsz <16 x float> %v325, %v333
  %v339 = fadd contract arcp nsz <16 x float> %v338, %v333
  %v340 = fmul contract arcp nsz <16 x float> %v339, %v337
  %v341 = fadd contract arcp nsz <16 x float> splat (float 0x3FF0000000000000), %v340
  %v342 = fdiv contract arcp nsz <16 x float> %v299, %v341
  %v343 = fmul contract arcp nsz <16 x float> %v112, %v342
  %v344 = fsub contract arcp nsz <16 x float> %v255, %v343
  %v345 = fmul contract arcp nsz <16 x float> %v344, %v93
  %v346 = load <16 x float>, ptr %s94
  %v347 = fadd contract arcp nsz <16 x float> %v346, %v208
  store <16 x float> %v347, ptr %s94
  %v348 = mul i64 %v8, 2
  %v349 = add i64 %v348, %i95
  %v350 = add i64 %v349, 2
  %v351 = mul i64 %v350, 16
  %v352 = getelementptr inbounds float, ptr %v56, i64 %v351
  store <16 x float> %v345, ptr %v352, align 4
  br label %latch95
latch95:
  %next95 = add nsw i64 %i95, 1
  br label %head95
exit95:
  %v353 = load <16 x float>, ptr %s94
  store <16 x float> %v353, ptr %v54, align 4
  %v354 = sub i64 %v3, %i61
  %v355 = icmp slt i64 %v354, 16
  %v356 = select i1 %v355, i64 %v354, i64 16
  br label %head357
head357:
  %i357 = phi i64 [ 0, %exit95 ], [ %next357, %latch357 ]
  %more357 = icmp slt i64 %i357, %v356
  br i1 %more357, label %body357, label %exit357
body357:
  %v358 = add i64 %i61, %i357
  %v359 = getelementptr inbounds float, ptr %v48, i64 %v358
  %v360 = load float, ptr %v359
  %v361 = getelementptr inbounds float, ptr %v54, i64 %i357
  %v362 = load float, ptr %v361
  %v363 = fmul float %v360, %v362
  %v364 = fpext float %v363 to double
  %v365 = load double, ptr %s53
  %v366 = fadd double %v365, %v364
  store double %v366, ptr %s53
  %v367 = mul i64 %v358, %v35
  %v368 = add i64 %v367, %v5
  %v369 = getelementptr inbounds float, ptr %v33, i64 %v368
  br label %head370
head370:
  %i370 = phi i64 [ 0, %body357 ], [ %next370, %latch370 ]
  %more370 = icmp slt i64 %i370, %v8
  br i1 %more370, label %body370, label %exit370
body370:
  %v371 = mul i64 %v8, 2
  %v372 = add i64 %v371, %i370
  %v373 = add i64 %v372, 2
  %v374 = mul i64 %v373, 16
  %v375 = getelementptr inbounds float, ptr %v56, i64 %v374
  %v376 = getelementptr inbounds float, ptr %v375, i64 %i357
  %v377 = load float, ptr %v376
  %v378 = getelementptr inbounds float, ptr %v369, i64 %i370
  store float %v377, ptr %v378
  br label %latch370
latch370:
  %next370 = add nsw i64 %i370, 1
  br label %head370
exit370:
  br label %latch357
latch357:
  %next357 = add nsw i64 %i357, 1
  br label %head357
exit357:
  br label %latch61
latch61:
  %next61 = add nsw i64 %i61, 16
  br label %head61
exit61:
  %v379 = getelementptr inbounds ptr, ptr %addresses, i64 4
  %v380 = load ptr, ptr %v379
  %v381 = getelementptr inbounds double, ptr %v380, i64 0
  %v382 = load double, ptr %v381
  %v383 = load double, ptr %s53
  %v384 = fadd double %v382, %v383
  store double %v384, ptr %v381
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
